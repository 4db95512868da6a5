import { BLOCK_TOKENS, KvStore } from "../compute/kv-store.js";
import { extend, prefill, type Span } from "../compute/prefill.js";
import { Transformer, type TransformerOptions, type Work } from "../compute/transformer.js";
import type { LanguageModel, Model } from "../model/model.js";
import type { ModelTokenizer } from "../model/model-tokenizer.js";
import { Tokenizer } from "../model/tokenizer.js";
import { type BlendOptions, blend } from "./blend.js";
import { ChunkCache } from "./chunk-cache.js";
import type { Piece, PromptPieces } from "./chunks.js";
import { epic } from "./epic.js";
import { PrefixCache } from "./prefix-cache.js";
import { NOTHING_RECOMPUTED, type Recomputed } from "./recomputed.js";
import { highest, type Sampling, sampler } from "./sampling.js";

/**
 * How a request meets the cache: not at all; by the longest stored prefix; by chunks stored each by itself, as they
 * are (full KV reuse), or partly recomputed by choice (CacheBlend) or at their beginnings (EPIC).
 */
export type CacheUse =
  | { readonly method: "full" | "prefix" }
  | { readonly method: "reuse"; readonly pieces: PromptPieces }
  | { readonly method: "blend"; readonly pieces: PromptPieces; readonly options: BlendOptions }
  | { readonly method: "epic"; readonly pieces: PromptPieces; readonly tokensPerChunk: number };

/** What is to be generated. */
export interface GenerationRequest {
  readonly prompt: Int32Array;
  readonly maxTokens: number;
  /** The answer may end only after this many tokens; default 0. */
  readonly minTokens?: number;
  readonly cache: CacheUse;
  /** Requests of different salts share nothing. */
  readonly salt: string;
  /** Goes on to `maxTokens` whatever the model says. */
  readonly ignoreEos: boolean;
  /** Greedy when left out. */
  readonly sampling?: Sampling | null;
  /** Told the logits that each token is chosen by, before it is handed out. */
  readonly onLogits?: (logits: Float32Array) => void;
  /** Told the logits after every position of the prompt that is computed, and after all of it unless chunks are reused. */
  readonly promptLogits?: {
    /** The first position that is asked for. */
    readonly from: number;
    readonly onLogits: (position: number, logits: Float32Array) => void;
  };
  /** Asked when a token has been handed out: whether the answer ends with it. */
  readonly isDone?: () => boolean;
}

/** What bringing a prompt into the context took. */
export interface Prefilled {
  /** Prompt tokens whose keys and values were found stored. */
  readonly cachedTokens: number;
  /** Prompt tokens in chunks that were missing and had to be computed alone first. */
  readonly collectedTokens: number;
  /** What was computed although it is stored. */
  readonly recomputed: Recomputed;
  /** Computing and storing the missing chunks. */
  readonly collectMs: number;
  /** Bringing stored keys and values into place; part of `prefillMs`. */
  readonly loadMs: number;
  /** From the end of collecting to the first token. */
  readonly prefillMs: number;
}

/** How an answer ended and what it took. */
export interface Generation extends Prefilled {
  readonly finish: "stop" | "length";
}

/** A model with its context and its KV store: one request at a time. */
export class Engine {
  readonly model: Model | LanguageModel;
  readonly tokenizer: ModelTokenizer;
  readonly transformer: Transformer;
  readonly store: KvStore;
  /** Whether an answer may end before its first token: a language model's may. */
  readonly #mayBeEmpty: boolean;
  /** Whether the model can end an answer at all. */
  readonly #stops: boolean;
  readonly #prefixes: PrefixCache;
  readonly #chunks: ChunkCache;

  constructor(model: Model | LanguageModel, kvTokens: number, options: TransformerOptions = {}) {
    this.model = model;
    this.#mayBeEmpty = "tokenizer" in model;
    this.#stops = "tokenizer" in model || model.stopsAtEos;
    this.tokenizer =
      "tokenizer" in model
        ? model.tokenizer
        : new Tokenizer(model.words, model.embedding.length / model.shape.width);
    this.transformer = new Transformer(model, options);
    const { arena, kvRow } = this.transformer;
    this.store = new KvStore(arena, kvTokens, model.shape.layers, kvRow);
    this.#prefixes = new PrefixCache(this.store);
    this.#chunks = new ChunkCache(this.store, this.transformer, this.tokenizer.bos);
  }

  /**
   * Answers: yields every token as soon as it is known, and nothing now and then while it computes.
   *
   * An answer of a model of words has at least one token. A context computed from its first token on is stored block by block when the
   * answer ends, also when it is given up. One made of reused chunks is an approximation and is not stored; but as with
   * LMCache its question is, computed alone: a request of nothing but a chunk leaves that chunk behind.
   */
  *generate(request: GenerationRequest): Generator<number | undefined, Generation, void> {
    const { prompt, maxTokens, cache, salt } = request;
    const prefilled = yield* this.#prefill(request);
    const context = new Int32Array(prompt.length + maxTokens);
    context.set(prompt);
    let length = prompt.length;
    let computed = length;
    let finish: Generation["finish"] = "stop";
    try {
      const mayStop = this.#stops && !request.ignoreEos;
      const least = Math.max(request.minTokens ?? 0, this.#mayBeEmpty ? 0 : 1);
      const mayStopNow = () => mayStop && length - prompt.length >= least;
      const draw = request.sampling ? sampler(request.sampling) : highest;
      let next = this.#next(request, draw, mayStopNow());
      while (!(mayStop && this.tokenizer.ends.includes(next))) {
        context[length] = next;
        length += 1;
        yield next;
        if (request.isDone?.()) break;
        if (length === context.length) {
          finish = "length";
          break;
        }
        yield* extend(this.transformer, context, computed);
        computed += 1;
        next = this.#next(request, draw, mayStopNow());
      }
    } finally {
      if (!("pieces" in cache)) {
        this.#prefixes.save(context.subarray(0, computed), salt, this.transformer);
      }
    }
    if ("pieces" in cache) {
      yield* this.#storeQuestion(prompt, cache.pieces.question, salt);
    }
    return { finish, ...prefilled };
  }

  /** Forgets every stored prefix. */
  clearPrefixes(): void {
    this.#prefixes.clear();
  }

  /** Forgets every stored chunk. */
  clearChunks(): void {
    this.#chunks.clear();
  }

  /** Computes alone and stores those of the pieces that are not stored; returns how many tokens that were. */
  *#collect(prompt: Int32Array, pieces: readonly Piece[], salt: string): Work<number> {
    const chunks = pieces.map(({ start, end }) => prompt.subarray(start, end));
    // Looking all of them up first makes them the most recently used: collecting one can't evict another.
    const missing = chunks.filter((chunk) => chunk.length > 0 && this.#chunks.find(chunk, salt) === null);
    let collected = 0;
    for (const chunk of missing) {
      if (this.#chunks.find(chunk, salt) !== null) continue;
      yield* this.#chunks.collect(chunk, salt);
      collected += chunk.length;
    }
    return collected;
  }

  *#storeQuestion(prompt: Int32Array, question: Piece, salt: string): Work<void> {
    const behindBos = question.start === 1 && prompt[0] === this.tokenizer.bos && question.end > 1;
    if (behindBos) this.#chunks.save(prompt.subarray(question.start), salt, question.start);
    // A chunk as long as the context has no room behind `<bos>`.
    else if (question.end - question.start < this.transformer.maxTokens) {
      yield* this.#collect(prompt, [question], salt);
    }
  }

  *#prefill({ prompt, cache, salt, promptLogits }: GenerationRequest): Work<Prefilled> {
    const { transformer, store } = this;
    const began = performance.now();
    const pieces = "pieces" in cache ? cache.pieces.chunks : [];
    const collectedTokens = yield* this.#collect(prompt, pieces, salt);
    const collectMs = performance.now() - began;

    const readsPrefix = cache.method === "prefix" && promptLogits === undefined;
    const spans = readsPrefix ? this.#prefixOf(prompt, salt) : this.#spansOf(prompt, pieces, salt);
    let loadMs = 0;
    const onLoad = (milliseconds: number) => {
      loadMs += milliseconds;
    };
    let recomputed = NOTHING_RECOMPUTED;
    if (cache.method === "blend") {
      recomputed = yield* blend(transformer, store, prompt, spans, cache.options, onLoad);
    } else if (cache.method === "epic") {
      // The first chunk was stored with only `<bos>` before it, as it stands here.
      const isInPlace = ({ start }: Span) => start <= 1 && prompt[0] === this.tokenizer.bos;
      const options = { tokensPerChunk: cache.tokensPerChunk, isInPlace };
      recomputed = yield* epic(transformer, store, prompt, spans, options, onLoad);
    } else yield* prefill(transformer, store, prompt, spans, onLoad);
    const prefillMs = performance.now() - began - collectMs;
    if (promptLogits !== undefined) {
      for (const { position, logits } of transformer.allLogits(promptLogits.from)) {
        promptLogits.onLogits(position, logits);
        yield;
      }
    }
    const storedTokens = spans.reduce((sum, span) => sum + span.stored.tokens, 0);
    return {
      cachedTokens: storedTokens - collectedTokens,
      collectedTokens,
      recomputed,
      collectMs,
      loadMs,
      prefillMs,
    };
  }

  /** The stored blocks a prompt begins with; the last token is always computed. */
  #prefixOf(prompt: Int32Array, salt: string): readonly Span[] {
    return this.#prefixes
      .find(prompt.subarray(0, prompt.length - 1), salt)
      .map((stored, block) => ({ start: block * BLOCK_TOKENS, stored }));
  }

  /** The positions of the chunks, all of which are stored. */
  #spansOf(prompt: Int32Array, pieces: readonly Piece[], salt: string): readonly Span[] {
    return pieces.map(({ start, end }) => {
      const stored = this.#chunks.find(prompt.subarray(start, end), salt);
      if (stored === null) throw new RangeError("The chunks need more tokens than the KV store holds.");
      return { start, stored };
    });
  }

  /** The next id; one that ends an answer only where it may end. */
  #next({ onLogits }: GenerationRequest, draw: (logits: Float32Array) => number, mayStop: boolean): number {
    const logits = this.transformer.logits();
    onLogits?.(logits.slice());
    if (!mayStop) for (const end of this.tokenizer.ends) logits[end] = Number.NEGATIVE_INFINITY;
    return draw(logits);
  }
}

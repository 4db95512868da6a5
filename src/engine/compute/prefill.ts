import type { KvStore, Stored } from "./kv-store.js";
import { BLOCK_TOKENS } from "./kv-store.js";
import type { Transformer, Work } from "./transformer.js";

/** Stored keys and values of the context's tokens from `start` on. */
export interface Span {
  readonly start: number;
  readonly stored: Stored;
}

/**
 * Computes the context of `tokens` over what is stored of it: every token outside the spans goes through all layers
 * and attends to all positions up to its own. Without spans that is full prefill; with spans at the beginning a prefix
 * hit; with chunks cached each by itself full KV reuse. Then `logits` are those of the last token.
 *
 * Every row's arithmetic is the same whatever is stored, so a prefix hit gives bitwise the logits of full prefill.
 */
export function* prefill(
  transformer: Transformer,
  store: KvStore,
  tokens: Int32Array,
  spans: readonly Span[],
  onLoad: (milliseconds: number) => void = () => {},
): Work<void> {
  const rows = positionsWhere(coverage(tokens.length, spans), 0);
  yield* prefillRows(transformer, store, tokens, rows, spans, onLoad);
}

/** Computes the given positions of a context over what is stored of it; they may be stored, too. */
export function* prefillRows(
  transformer: Transformer,
  store: KvStore,
  tokens: Int32Array,
  rows: Int32Array,
  spans: readonly Span[],
  onLoad: (milliseconds: number) => void,
): Work<void> {
  transformer.begin(tokens, rows);
  for (let layer = 0; layer < transformer.shape.layers; layer++) {
    loadSpans(transformer, store, layer, spans, onLoad);
    yield* transformer.project(layer);
    yield* transformer.attend(layer);
  }
}

/** Computes one more token over the context that was computed before. */
export function* extend(transformer: Transformer, tokens: Int32Array, position: number): Work<void> {
  transformer.begin(tokens, Int32Array.of(position));
  for (let layer = 0; layer < transformer.shape.layers; layer++) {
    yield* transformer.project(layer);
    yield* transformer.attend(layer);
  }
}

/** Puts the spans' keys and values of one layer into the context, and says how long that took. */
export function loadSpans(
  transformer: Transformer,
  store: KvStore,
  layer: number,
  spans: readonly Span[],
  onLoad: (milliseconds: number) => void,
): void {
  const began = performance.now();
  for (const span of spans) {
    for (const { rows, start, count } of blocksOf(store, layer, span))
      transformer.load(layer, rows, start, count);
  }
  onLoad(performance.now() - began);
}

/** A span's stored rows of one layer, block by block. */
export function* blocksOf(store: KvStore, layer: number, { start, stored }: Span) {
  for (const [i, block] of stored.blocks.entries()) {
    const first = i * BLOCK_TOKENS;
    const count = Math.min(BLOCK_TOKENS, stored.tokens - first);
    yield { rows: store.rows(block, layer), start: start + first, count };
  }
}

/** 1 for every position that a span covers, else 0. */
export function coverage(positions: number, spans: readonly Span[]): Uint8Array {
  const covered = new Uint8Array(positions);
  for (const { start, stored } of spans) covered.fill(1, start, start + stored.tokens);
  return covered;
}

/** The positions at which `flags` has `value`, ascending. */
export function positionsWhere(flags: Uint8Array, value: number): Int32Array {
  return Int32Array.from(flags.keys()).filter((position) => flags[position] === value);
}

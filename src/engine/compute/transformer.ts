import type { Decoder, ModelShape } from "../model/model.js";
import { type PackedModel, packModel } from "./packed-model.js";
import { Arena } from "./wasm.js";

/** Rows that go through a layer together; small enough for the second-level cache. */
const BLOCK_ROWS = 64;
/** Rows whose logits are computed together. */
const LOGIT_ROWS = 8;

/** One layer's part of the context, in the arena. */
interface LayerContext {
  /** Rotated keys [kvHeads][maxTokens / 8][headWidth][8]. */
  readonly keys: number;
  /** Values [kvHeads][headWidth / 8][maxTokens][8]. */
  readonly values: number;
  /** Keys and values as computed, keys not rotated: [maxTokens][kvRow]. */
  readonly raw: number;
}

/** Work that hands back control now and then; run it to its end for its result. */
export type Work<T> = Generator<undefined, T, void>;

/**
 * The decoder's arithmetic over one context of at most `maxTokens` positions.
 *
 * It works on *rows*: some positions of the context, ascending. `begin` says which, every layer is `project`, then
 * `attend`, and `logits` reads the last row. Which rows are computed and which keys and values are loaded is for the
 * caller to decide; that is all the cache methods differ in.
 */
export class Transformer {
  readonly arena = new Arena();
  readonly shape: ModelShape;
  readonly maxTokens: number;
  /** Floats of a token's keys and values in one layer. */
  readonly kvRow: number;
  /** The positions of the current rows. */
  rows: Int32Array = new Int32Array(0);

  readonly #generatedIds: number;
  readonly #packed: PackedModel;
  readonly #context: readonly LayerContext[];
  /** 0, 1, 2, … */
  readonly #identity: number;
  readonly #positions: number;
  readonly #stream: number;
  readonly #qkv: number;
  readonly #qkvRow: number;
  readonly #normed: number;
  readonly #attended: number;
  readonly #gateUp: number;
  readonly #logits: number;
  readonly #deviations: number;

  constructor(model: Decoder) {
    const { arena } = this;
    const { width, heads, kvHeads, headWidth, hidden } = model.shape;
    const { maxTokens } = model;
    this.shape = model.shape;
    this.maxTokens = maxTokens;
    this.kvRow = 2 * kvHeads * headWidth;
    this.#qkvRow = heads * headWidth + this.kvRow;
    this.#generatedIds = model.generatedIds;
    this.#packed = packModel(arena, model);
    this.#context = model.layers.map(() => ({
      keys: arena.allocate((maxTokens * this.kvRow) / 2),
      values: arena.allocate((maxTokens * this.kvRow) / 2),
      raw: arena.allocate(maxTokens * this.kvRow),
    }));
    this.#identity = arena.allocate(maxTokens);
    arena.integers(this.#identity, maxTokens).forEach((_, i, identity) => {
      identity[i] = i;
    });
    this.#positions = arena.allocate(maxTokens);
    this.#stream = arena.allocate(maxTokens * width);
    this.#qkv = arena.allocate(maxTokens * this.#qkvRow);
    this.#normed = arena.allocate(BLOCK_ROWS * width);
    this.#attended = arena.allocate(BLOCK_ROWS * heads * headWidth);
    this.#gateUp = arena.allocate(BLOCK_ROWS * 2 * hidden);
    this.#logits = arena.allocate(LOGIT_ROWS * this.#packed.headIds);
    this.#deviations = arena.allocate(maxTokens);
  }

  /** Starts on `rows`, positions that ascend: the residual stream becomes the embeddings of their tokens. */
  begin(tokens: ArrayLike<number>, rows: Int32Array): void {
    const { width } = this.shape;
    this.#setRows(rows);
    const stream = this.arena.floats(this.#stream, rows.length * width);
    rows.forEach((position, row) => {
      const id = tokens[position]!;
      const panel = this.arena.floats(this.#packed.embedding + (id >> 3) * width * 32, width * 8);
      for (let k = 0; k < width; k++) stream[row * width + k] = panel[k * 8 + (id & 7)]!;
    });
  }

  /** Computes queries, keys and values of the rows, and puts the keys and values into the layer's context. */
  *project(layer: number): Work<void> {
    const { arena, shape } = this;
    const { width, heads, kvHeads, headWidth, normEpsilon } = shape;
    const { kernels } = arena;
    const weights = this.#packed.layers[layer]!;
    const { keys, values, raw } = this.#context[layer]!;
    for (const { row, count } of this.#blocks()) {
      const positions = this.#positions + row * 4;
      const qkv = this.#qkv + row * this.#qkvRow * 4;
      const kv = qkv + heads * headWidth * 4;
      kernels.rmsNorm(
        this.#stream + row * width * 4,
        weights.attentionNorm,
        count,
        width,
        normEpsilon,
        this.#normed,
      );
      const { qkvBias, headNorms } = weights;
      if (qkvBias !== null) this.#fillRows(qkvBias, this.#qkvRow, count, qkv);
      this.#multiply(this.#normed, width, count, weights.qkv, width, this.#qkvRow, qkv, qkvBias !== null);
      if (headNorms !== null) {
        for (let at = qkv; at < qkv + count * this.#qkvRow * 4; at += this.#qkvRow * 4) {
          const keysAt = at + heads * headWidth * 4;
          kernels.rmsNorm(at, headNorms.query, heads, headWidth, normEpsilon, at);
          kernels.rmsNorm(keysAt, headNorms.key, kvHeads, headWidth, normEpsilon, keysAt);
        }
      }
      kernels.rotateRows(qkv, this.#qkvRow, positions, count, heads, headWidth, this.#packed.ropeTable);
      kernels.scatterRows(kv, this.#qkvRow, positions, count, this.kvRow, raw);
      kernels.packKeysValues(
        kv,
        this.#qkvRow,
        positions,
        count,
        kvHeads,
        headWidth,
        this.#packed.ropeTable,
        keys,
        values,
        this.maxTokens,
      );
      yield;
    }
  }

  /** Lets the rows attend to the layer's context and goes through the feed-forward part. */
  *attend(layer: number): Work<void> {
    const { arena, shape } = this;
    const { width, heads, headWidth, hidden, normEpsilon } = shape;
    const { kernels } = arena;
    const weights = this.#packed.layers[layer]!;
    const inner = heads * headWidth;
    for (const { row, count } of this.#blocks()) {
      const stream = this.#stream + row * width * 4;
      this.#read(layer, row, count);
      this.#multiply(this.#attended, inner, count, weights.output, inner, width, stream, true);
      kernels.rmsNorm(stream, weights.feedForwardNorm, count, width, normEpsilon, this.#normed);
      this.#multiply(this.#normed, width, count, weights.gateUp, width, 2 * hidden, this.#gateUp, false);
      kernels.swiglu(this.#gateUp, count, hidden);
      this.#multiply(this.#gateUp, 2 * hidden, count, weights.down, hidden, width, stream, true);
      yield;
    }
  }

  /** What each row reads from the layer's context, heads side by side [rows][heads × headWidth]; nothing goes on from it. */
  *attended(layer: number): Work<Float32Array> {
    const { heads, headWidth } = this.shape;
    const inner = heads * headWidth;
    const all = new Float32Array(this.rows.length * inner);
    for (const { row, count } of this.#blocks()) {
      this.#read(layer, row, count);
      all.set(this.arena.floats(this.#attended, count * inner), row * inner);
      yield;
    }
    return all;
  }

  /** The logits of the ids that may be generated, after the last row. */
  logits(): Float32Array {
    return this.#logitsOf(this.rows.length - 1, 1)[0]!;
  }

  /** The logits after every row, with the row's position: those of the last are `logits`. */
  *allLogits(): Generator<{ readonly position: number; readonly logits: Float32Array }> {
    for (let row = 0; row < this.rows.length; row += LOGIT_ROWS) {
      const count = Math.min(LOGIT_ROWS, this.rows.length - row);
      for (const [i, logits] of this.#logitsOf(row, count).entries()) {
        yield { position: this.rows[row + i]!, logits };
      }
    }
  }

  #logitsOf(row: number, count: number): readonly Float32Array[] {
    const { width, normEpsilon } = this.shape;
    const { finalNorm, head, headIds } = this.#packed;
    this.arena.kernels.rmsNorm(
      this.#stream + row * width * 4,
      finalNorm,
      count,
      width,
      normEpsilon,
      this.#normed,
    );
    this.#multiply(this.#normed, width, count, head, width, headIds, this.#logits, false);
    return Array.from({ length: count }, (_, i) =>
      this.arena.floats(this.#logits + i * headIds * 4, this.#generatedIds).slice(),
    );
  }

  /** Puts stored rows [keys | values], keys not rotated, into the layer's context at `start`. */
  load(layer: number, stored: number, start: number, count: number): void {
    const { kvHeads, headWidth } = this.shape;
    const { keys, values } = this.#context[layer]!;
    this.arena.kernels.packKeysValues(
      stored,
      this.kvRow,
      this.#identity + start * 4,
      count,
      kvHeads,
      headWidth,
      this.#packed.ropeTable,
      keys,
      values,
      this.maxTokens,
    );
  }

  /** Where the rows [keys | values] that were computed last for `position` and those after it lie. */
  computed(layer: number, position: number): number {
    return this.#context[layer]!.raw + position * this.kvRow * 4;
  }

  /** Squared L2 distance of the keys or values computed last from `count` stored rows at `start`. */
  deviation(layer: number, of: "k" | "v", stored: number, start: number, count: number): Float32Array {
    const width = this.kvRow / 2;
    const offset = of === "k" ? 0 : width * 4;
    this.arena.kernels.deviation(
      this.computed(layer, start) + offset,
      this.kvRow,
      stored + offset,
      this.kvRow,
      count,
      width,
      this.#deviations,
    );
    return this.arena.floats(this.#deviations, count).slice();
  }

  /** Goes on with only some of the rows, given by their index among the current ones, ascending. */
  keep(indices: Int32Array): void {
    const { width } = this.shape;
    const positions = this.rows;
    indices.forEach((from, to) => {
      this.arena.copy(this.#stream + from * width * 4, this.#stream + to * width * 4, width);
      this.arena.copy(this.#qkv + from * this.#qkvRow * 4, this.#qkv + to * this.#qkvRow * 4, this.#qkvRow);
    });
    this.#setRows(indices.map((index) => positions[index]!));
  }

  #setRows(rows: Int32Array): void {
    this.rows = rows;
    this.arena.integers(this.#positions, rows.length).set(rows);
  }

  /** Puts what some rows read from the layer's context into `#attended`. */
  #read(layer: number, row: number, count: number): void {
    const { heads, kvHeads, headWidth } = this.shape;
    const { keys, values } = this.#context[layer]!;
    this.arena.kernels.attention(
      this.#qkv + row * this.#qkvRow * 4,
      this.#qkvRow,
      this.#positions + row * 4,
      count,
      keys,
      values,
      this.maxTokens,
      heads,
      kvHeads,
      headWidth,
      this.#attended,
      heads * headWidth,
    );
  }

  *#blocks(): Generator<{ row: number; count: number }> {
    for (let row = 0; row < this.rows.length; row += BLOCK_ROWS) {
      yield { row, count: Math.min(BLOCK_ROWS, this.rows.length - row) };
    }
  }

  /** The same `width` floats in each of so many rows. */
  #fillRows(values: number, width: number, rows: number, out: number): void {
    for (let row = 0; row < rows; row++) this.arena.copy(values, out + row * width * 4, width);
  }

  /** c[rows × outputs] (+)= a[rows × inputs] · weights. */
  #multiply(
    a: number,
    lda: number,
    rows: number,
    weights: number,
    inputs: number,
    outputs: number,
    c: number,
    accumulate: boolean,
  ): void {
    this.arena.kernels.gemm(a, lda, rows, weights, inputs * 8, inputs, outputs, c, outputs, accumulate);
  }
}

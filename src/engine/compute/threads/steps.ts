import type { Kernels } from "../../wasm/kernels.js";
import type { Desk, Layout } from "../memory/layout.js";
import { Multiplier, type Part, rangeOf, WHOLE } from "./multiplier.js";

/** Some of the current rows, of which at most `BLOCK_ROWS` are worked on together. */
export interface Rows {
  readonly row: number;
  readonly count: number;
}

/**
 * The steps of a layer, as one thread takes them: for rows of its own, or for its part of the columns of rows that all
 * threads work on. A row's numbers are the same bits either way: no sum is ever shared out.
 */
export class Steps {
  readonly #kernels: Kernels;
  readonly #multiplier: Multiplier;
  readonly #layout: Layout;
  readonly #desk: Desk;
  /** What all threads read where they share rows. */
  readonly #shared: Desk;

  constructor(kernels: Kernels, layout: Layout, thread: number) {
    this.#kernels = kernels;
    this.#multiplier = new Multiplier(kernels, layout.desks[thread]!);
    this.#layout = layout;
    this.#desk = layout.desks[thread]!;
    this.#shared = layout.desks[0]!;
    kernels.attentionScratch(this.#desk.attentionScratch);
    kernels.panelScratch(this.#desk.panelScratch);
  }

  /** Queries, keys and values of a thread's own rows, put in their places. */
  project(layer: number, rows: Rows): void {
    this.qkv(layer, rows, WHOLE);
    this.place(layer, rows);
  }

  /** Attention and feed-forward part of a thread's own rows. */
  attend(layer: number, rows: Rows): void {
    this.#read(layer, rows, WHOLE, this.#desk);
    this.#output(layer, rows, WHOLE, this.#desk);
    this.#gateUp(layer, rows, WHOLE, this.#desk);
    this.#down(layer, rows, WHOLE, this.#desk);
  }

  qkv(layer: number, { row, count }: Rows, part: Part): void {
    const { qkvRow, shape, packed, stream, qkv } = this.#layout;
    const { attentionNorm, qkv: weights, qkvBias } = packed.layers[layer]!;
    const { normed } = this.#desk;
    this.#norm(stream + row * shape.width * 4, attentionNorm, count);
    const out = qkv + row * qkvRow * 4;
    if (qkvBias !== null) this.#fillColumns(qkvBias, qkvRow, count, out, part);
    const c = { at: out, width: qkvRow, accumulate: qkvBias !== null };
    this.#multiplier.multiply(normed, shape.width, count, weights, c, part);
  }

  /** Normalises and rotates heads, and puts keys and values into the layer's context. */
  place(layer: number, { row, count }: Rows): void {
    const kernels = this.#kernels;
    const { shape, kvRow, qkvRow, packed, context, positions, qkv, heads: kept } = this.#layout;
    const { heads, kvHeads, headWidth, normEpsilon } = shape;
    const { headNorms } = packed.layers[layer]!;
    const { keys, values, raw } = context[layer]!;
    const at = positions + row * 4;
    const first = qkv + row * qkvRow * 4;
    const kv = first + heads * headWidth * 4;
    if (headNorms !== null) {
      for (let i = 0; i < count; i++) {
        const queriesAt = first + i * qkvRow * 4;
        const keysAt = kv + i * qkvRow * 4;
        kernels.rmsNorm(queriesAt, headNorms.query, heads, headWidth, normEpsilon, queriesAt);
        kernels.rmsNorm(keysAt, headNorms.key, kvHeads, headWidth, normEpsilon, keysAt);
      }
    }
    const { ropeTable } = packed;
    kernels.rotateRows(first, qkvRow, at, count, heads, headWidth, ropeTable);
    kernels.scatterRows(kv, qkvRow, at, count, kvRow, raw);
    const { capacity, bytes, rounded } = kept;
    kernels.packKeysValues(
      kv,
      qkvRow,
      at,
      count,
      kvHeads,
      headWidth,
      ropeTable,
      keys,
      values,
      capacity,
      bytes,
      rounded,
    );
  }

  /** What rows read from the layer's context, heads side by side. */
  read(layer: number, rows: Rows, part: Part): void {
    this.#read(layer, rows, part, this.#shared);
  }

  output(layer: number, rows: Rows, part: Part): void {
    this.#output(layer, rows, part, this.#shared);
  }

  gateUp(layer: number, rows: Rows, part: Part): void {
    this.#gateUp(layer, rows, part, this.#shared);
  }

  down(layer: number, rows: Rows, part: Part): void {
    this.#down(layer, rows, part, this.#shared);
  }

  logits({ row, count }: Rows, part: Part): void {
    const { shape, packed, stream, logits } = this.#layout;
    const { head, headIds, finalNorm } = packed;
    const { normed } = this.#desk;
    this.#norm(stream + row * shape.width * 4, finalNorm, count);
    const c = { at: logits, width: headIds, accumulate: false };
    this.#multiplier.multiply(normed, shape.width, count, head, c, part);
  }

  #read(layer: number, { row, count }: Rows, part: Part, { attended }: Desk): void {
    const { shape, qkvRow, context, positions, qkv } = this.#layout;
    const { heads, kvHeads, headWidth } = shape;
    const { capacity, bytes, rounded } = this.#layout.heads;
    const { keys, values } = context[layer]!;
    const [from, to] = rangeOf(kvHeads, part);
    if (from === to) return;
    const queriesOfOne = heads / kvHeads;
    const first = from * queriesOfOne * headWidth * 4;
    const skipped = from * bytes;
    this.#kernels.attention(
      qkv + row * qkvRow * 4 + first,
      qkvRow,
      positions + row * 4,
      count,
      keys + skipped,
      values + skipped,
      capacity,
      bytes,
      rounded,
      (to - from) * queriesOfOne,
      to - from,
      headWidth,
      attended + first,
      heads * headWidth,
    );
  }

  #output(layer: number, { row, count }: Rows, part: Part, { attended }: Desk): void {
    const { shape, packed, stream } = this.#layout;
    const { width, heads, headWidth } = shape;
    const weights = packed.layers[layer]!.output;
    const c = { at: stream + row * width * 4, width, accumulate: true };
    this.#multiplier.multiply(attended, heads * headWidth, count, weights, c, part);
  }

  #gateUp(layer: number, { row, count }: Rows, part: Part, { gateUp }: Desk): void {
    const { shape, packed, stream } = this.#layout;
    const { width, hidden } = shape;
    const { feedForwardNorm, gateUp: weights } = packed.layers[layer]!;
    const { normed } = this.#desk;
    this.#norm(stream + row * width * 4, feedForwardNorm, count);
    const [from, to] = rangeOf(hidden / 8, part);
    if (from === to) return;
    const a = this.#multiplier.rounded(normed, width, count, weights);
    const c = { at: gateUp, width: 2 * hidden, accumulate: false };
    for (const first of [from * 8, hidden + from * 8]) {
      this.#multiplier.columns(a, count, weights, first, (to - from) * 8, c);
    }
    this.#kernels.swiglu(gateUp + from * 32, 2 * hidden, count, hidden, (to - from) * 8);
  }

  #down(layer: number, { row, count }: Rows, part: Part, { gateUp }: Desk): void {
    const { shape, packed, stream } = this.#layout;
    const { width, hidden } = shape;
    const weights = packed.layers[layer]!.down;
    const c = { at: stream + row * width * 4, width, accumulate: true };
    this.#multiplier.multiply(gateUp, 2 * hidden, count, weights, c, part);
  }

  #norm(x: number, weight: number, rows: number): void {
    const { width, normEpsilon } = this.#layout.shape;
    this.#kernels.rmsNorm(x, weight, rows, width, normEpsilon, this.#desk.normed);
  }

  /** A part's columns of the same `width` floats in each of so many rows. */
  #fillColumns(values: number, width: number, rows: number, out: number, part: Part): void {
    const [from, to] = rangeOf(width / 8, part);
    for (let row = 0; row < rows; row++) {
      this.#kernels.copyFloats(values + from * 32, out + row * width * 4 + from * 32, (to - from) * 8);
    }
  }
}

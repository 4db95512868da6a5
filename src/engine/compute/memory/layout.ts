import type { Compute, Decoder, ModelShape } from "../../model/model.js";
import type { Arena } from "../../wasm/arena.js";
import { ATTENTION_SCRATCH_BYTES, PANEL_SCRATCH_BYTES, TILE_KEYS } from "../../wasm/kernels.js";
import { type PackedModel, packModel } from "./packed-model.js";

/** Rows that go through a layer together; small enough for the second-level cache. */
export const BLOCK_ROWS = 64;
/** Rows whose logits are computed together. */
export const LOGIT_ROWS = 8;
/** The smallest group of weights that has a scale. */
const LEAST_GROUP = 8;

/** Where everything lies in the memory that the threads share. */
export interface Layout {
  readonly shape: ModelShape;
  readonly maxTokens: number;
  /** Floats of a token's keys and values in one layer, and of its queries, keys and values. */
  readonly kvRow: number;
  readonly qkvRow: number;
  readonly packed: PackedModel;
  readonly context: readonly LayerContext[];
  readonly heads: ContextHeads;
  /** The positions of the current rows. */
  readonly positions: number;
  /** The residual stream of the current rows, and their queries, keys and values in one layer. */
  readonly stream: number;
  readonly qkv: number;
  readonly logits: number;
  /** What each thread works in. */
  readonly desks: readonly Desk[];
}

/** One layer's part of the context. */
export interface LayerContext {
  /** Rotated keys, and values, of one head after the other, as `ContextHeads` says. */
  readonly keys: number;
  readonly values: number;
  /** Keys and values as computed, keys not rotated: [maxTokens][kvRow]. */
  readonly raw: number;
}

/**
 * How the context keeps a head's keys, and its values: in fp32, or, beside matrices of integers, rounded to 16 bits with a
 * scale for each token. A head has room for `capacity` tokens, at least `maxTokens`, and takes `bytes`.
 */
export interface ContextHeads {
  readonly rounded: boolean;
  readonly capacity: number;
  readonly bytes: number;
}

export function contextHeads(
  maxTokens: number,
  { headWidth }: Pick<ModelShape, "headWidth">,
  compute: Compute,
): ContextHeads {
  const rounded = compute !== "f32";
  const capacity = Math.ceil(maxTokens / TILE_KEYS) * TILE_KEYS;
  return { rounded, capacity, bytes: capacity * (rounded ? 2 * headWidth + 4 : 4 * headWidth) };
}

/** A thread's own room for a block of rows. */
export interface Desk {
  readonly attentionScratch: number;
  readonly panelScratch: number;
  readonly normed: number;
  /** Rounded activations, and their scales and sums. */
  readonly codes: number;
  readonly codeScales: number;
  readonly attended: number;
  readonly gateUp: number;
}

/** Packs a model's weights and finds room for a context and what so many threads need. */
export function layOut(arena: Arena, model: Decoder, threads: number): Layout {
  const { shape, maxTokens, compute = "f32" } = model;
  const { width, heads, kvHeads, headWidth } = shape;
  const kvRow = 2 * kvHeads * headWidth;
  const qkvRow = heads * headWidth + kvRow;
  const packed = packModel(arena, model);
  const kept = contextHeads(maxTokens, shape, compute);
  return {
    shape,
    maxTokens,
    kvRow,
    qkvRow,
    packed,
    context: model.layers.map(() => ({
      keys: arena.allocate((kvHeads * kept.bytes) / 4),
      values: arena.allocate((kvHeads * kept.bytes) / 4),
      raw: arena.allocate(maxTokens * kvRow),
    })),
    heads: kept,
    positions: arena.allocate(maxTokens),
    stream: arena.allocate(maxTokens * width),
    qkv: arena.allocate(maxTokens * qkvRow),
    logits: arena.allocate(LOGIT_ROWS * packed.headIds),
    desks: Array.from({ length: threads }, () => deskFor(arena, shape)),
  };
}

function deskFor(arena: Arena, { width, heads, headWidth, hidden }: ModelShape): Desk {
  const inner = heads * headWidth;
  const widest = Math.max(width, inner, hidden);
  return {
    attentionScratch: arena.allocate(ATTENTION_SCRATCH_BYTES / 4),
    panelScratch: arena.allocate((PANEL_SCRATCH_BYTES * widest) / 4),
    normed: arena.allocate(BLOCK_ROWS * width),
    codes: arena.allocate((BLOCK_ROWS * widest) / 2),
    codeScales: arena.allocate((BLOCK_ROWS * 2 * widest) / LEAST_GROUP),
    attended: arena.allocate(BLOCK_ROWS * inner),
    gateUp: arena.allocate(BLOCK_ROWS * 2 * hidden),
  };
}

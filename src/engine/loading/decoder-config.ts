import type { ModelShape } from "../model/model.js";

/** What a decoder's files say of its arithmetic. */
export interface DecoderConfig {
  readonly shape: ModelShape;
  /** The most tokens it was made for. */
  readonly contextTokens: number;
  /** Whether queries, keys and values have a bias, as Qwen2's. */
  readonly biased: boolean;
  /** Whether each head's queries and keys are normalised before they are rotated, as Qwen3's. */
  readonly headNorms: boolean;
  /** Whether the logits come from the embeddings; else from a matrix of its own. */
  readonly tiedHead: boolean;
}

const WIDEST_HEAD = 128;

/** Throws a plain Error when the kernels can't take the shape. */
export function requireShape(shape: ModelShape): void {
  const { width, heads, kvHeads, headWidth, hidden } = shape;
  for (const [what, size] of [
    ["a width", width],
    ["a head width", headWidth],
    ["a feed-forward width", hidden],
  ] as const) {
    if (size % 8 !== 0) throw new Error(`it has ${what} of ${size}, which is not a multiple of 8`);
  }
  if (headWidth > WIDEST_HEAD)
    throw new Error(`its heads are ${headWidth} wide; at most ${WIDEST_HEAD} is supported`);
  if (heads % kvHeads !== 0)
    throw new Error(`its ${heads} heads can't share ${kvHeads} heads of keys and values`);
}

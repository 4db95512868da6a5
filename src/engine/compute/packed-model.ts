import type { Decoder, LayerWeights, ModelShape } from "../model/model.js";
import type { Arena } from "./wasm.js";

/** A layer's weights in the arena; matrices in panels of 8 outputs, [out / 8][in][8]. */
export interface PackedLayer {
  readonly attentionNorm: number;
  readonly qkv: number;
  /** Null where a model has none, as the norms of its heads. */
  readonly qkvBias: number | null;
  readonly headNorms: { readonly query: number; readonly key: number } | null;
  readonly output: number;
  readonly feedForwardNorm: number;
  readonly gateUp: number;
  readonly down: number;
}

/** A model's weights in the arena, in the kernels' layout. */
export interface PackedModel {
  readonly layers: readonly PackedLayer[];
  readonly finalNorm: number;
  /** The embeddings of all ids, as a matrix whose outputs they are. */
  readonly embedding: number;
  /** The matrix that the logits are made with; the embeddings, unless a model has another. */
  readonly head: number;
  /** `generatedIds` rounded up to a multiple of 8. */
  readonly headIds: number;
  /** [maxTokens][headWidth]: per position the cosines and then the sines of position · base^(-2i / headWidth). */
  readonly ropeTable: number;
}

/** Puts a model's weights into the arena, one after the other. */
export function packModel(arena: Arena, model: Decoder): PackedModel {
  const { width } = model.shape;
  const layers = model.layers.map((layer) => packLayer(arena, model.shape, layer));
  const embedding = packMatrix(arena, model.embedding, width);
  const head = model.head ?? null;
  return {
    layers,
    finalNorm: arena.store(model.finalNorm),
    embedding,
    head: head === null ? embedding : packMatrix(arena, head, width),
    headIds: Math.ceil(model.generatedIds / 8) * 8,
    ropeTable: packRopeTable(arena, model.maxTokens, model.shape),
  };
}

function packLayer(arena: Arena, shape: ModelShape, layer: LayerWeights): PackedLayer {
  const { width, heads, headWidth, hidden } = shape;
  const { qkvBias = null, headNorms = null } = layer;
  return {
    attentionNorm: arena.store(layer.attentionNorm),
    qkv: packMatrix(arena, layer.qkv, width),
    qkvBias: qkvBias && arena.store(qkvBias),
    headNorms: headNorms && { query: arena.store(headNorms.query), key: arena.store(headNorms.key) },
    output: packMatrix(arena, layer.output, heads * headWidth),
    feedForwardNorm: arena.store(layer.feedForwardNorm),
    gateUp: packMatrix(arena, layer.gateUp, width),
    down: packMatrix(arena, layer.down, hidden),
  };
}

/** Row-major [out][in] to panels [out / 8][in][8], filled up with zeros. */
function packMatrix(arena: Arena, weights: Float32Array, inputs: number): number {
  const outputs = weights.length / inputs;
  const floats = Math.ceil(outputs / 8) * 8 * inputs;
  const pointer = arena.allocate(floats);
  const out = arena.floats(pointer, floats);
  for (let row = 0; row < outputs; row++) {
    const panel = (row >> 3) * 8 * inputs + (row & 7);
    for (let k = 0; k < inputs; k++) out[panel + k * 8] = weights[row * inputs + k]!;
  }
  return pointer;
}

function packRopeTable(
  arena: Arena,
  positions: number,
  { headWidth, ropeBase, ropeDivisors = null }: ModelShape,
): number {
  const half = headWidth / 2;
  const pointer = arena.allocate(positions * headWidth);
  const table = arena.floats(pointer, positions * headWidth);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = (position * ropeBase ** (-i / half)) / (ropeDivisors?.[i] ?? 1);
      table[position * headWidth + i] = Math.cos(angle);
      table[position * headWidth + half + i] = Math.sin(angle);
    }
  }
  return pointer;
}

import type { Decoder, LayerWeights, ModelShape } from "../../model/model.js";
import type { Arena } from "../../wasm/arena.js";
import { type PackedMatrix, packMatrix } from "./packed-matrix.js";

/** A layer's weights in the arena. */
export interface PackedLayer {
  readonly attentionNorm: number;
  readonly qkv: PackedMatrix;
  /** Null where a model has none, as the norms of its heads. */
  readonly qkvBias: number | null;
  readonly headNorms: { readonly query: number; readonly key: number } | null;
  readonly output: PackedMatrix;
  readonly feedForwardNorm: number;
  readonly gateUp: PackedMatrix;
  readonly down: PackedMatrix;
}

/** A model's weights in the arena, in the kernels' layout. */
export interface PackedModel {
  readonly layers: readonly PackedLayer[];
  readonly finalNorm: number;
  /** The embeddings of all ids, as a matrix whose outputs they are. */
  readonly embedding: PackedMatrix;
  /** The matrix that the logits are made with; the embeddings, unless a model has another. */
  readonly head: PackedMatrix;
  /** `generatedIds` rounded up to a multiple of 8. */
  readonly headIds: number;
  /** [maxTokens][headWidth]: per position the cosines and then the sines of position · base^(-2i / headWidth). */
  readonly ropeTable: number;
}

/** Puts a model's weights into the arena, one after the other. */
export function packModel(arena: Arena, model: Decoder): PackedModel {
  const { width } = model.shape;
  const { compute = "f32" } = model;
  const layers = model.layers.map((layer) => packLayer(arena, model, layer));
  const embedding = packMatrix(arena, model.embedding, width, compute);
  const head = model.head ?? null;
  return {
    layers,
    finalNorm: arena.store(model.finalNorm),
    embedding,
    head: head === null ? embedding : packMatrix(arena, head, width, compute),
    headIds: Math.ceil(model.generatedIds / 8) * 8,
    ropeTable: packRopeTable(arena, model.maxTokens, model.shape),
  };
}

function packLayer(arena: Arena, { shape, compute = "f32" }: Decoder, layer: LayerWeights): PackedLayer {
  const { width, heads, headWidth, hidden } = shape;
  const { qkvBias = null, headNorms = null } = layer;
  return {
    attentionNorm: arena.store(layer.attentionNorm),
    qkv: packMatrix(arena, layer.qkv, width, compute),
    qkvBias: qkvBias && arena.store(qkvBias),
    headNorms: headNorms && { query: arena.store(headNorms.query), key: arena.store(headNorms.key) },
    output: packMatrix(arena, layer.output, heads * headWidth, compute),
    feedForwardNorm: arena.store(layer.feedForwardNorm),
    gateUp: packMatrix(arena, layer.gateUp, width, compute),
    down: packMatrix(arena, layer.down, hidden, compute),
  };
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

import { smallest } from "../../domain/extremes.js";
import { StoredPart } from "../files/stored-part.js";
import type { TensorFile } from "../files/tensor-file.js";
import type { DecoderWeights, LayerWeights } from "../model/model.js";
import type { DecoderConfig } from "./decoder-config.js";
import type { TensorNames } from "./tensor-names.js";

/** How a file keeps a decoder's tensors. */
export interface WeightLayout {
  readonly names: TensorNames;
  /** Whether the rows of q and k stand in pairs of the halves that are rotated together. */
  readonly interleaved: boolean;
  /** Tensors that may be there without being used. */
  readonly unused: readonly string[];
}

/** A decoder's weights in its files, and how many ids they have embeddings for. */
export interface StoredWeights extends DecoderWeights<readonly StoredPart[]> {
  readonly ids: number;
  /** Whether any of its matrices is made of integers. */
  readonly quantised: boolean;
  /** What share of the matrices' weights is not, and is rounded where they are to be integers. */
  readonly floatShare: number;
  /** What the matrices take when they are kept as integers. */
  readonly integerBytes: number;
}

/** Frequencies that older files keep, though they follow from the config. */
const FREQUENCIES = "rotary_emb.inv_freq";

/**
 * A decoder's weights, each read from its file when it is needed, so that nothing is held twice.
 *
 * @throws a plain Error that names the tensor that is missing, of another shape than the config needs, or unknown: a
 * model with a part that is not computed would answer wrongly.
 */
export function decoderWeights(
  config: DecoderConfig,
  tensors: TensorFile,
  { names, interleaved, unused }: WeightLayout,
): StoredWeights {
  const { layers, width, heads, kvHeads, headWidth, hidden } = config.shape;
  const used = new Set<string>();
  const part = (name: string, ...shape: readonly number[]): StoredPart => {
    const stored = tensors.get(name);
    if (stored === undefined) throw new Error(`it has no tensor ${name}`);
    if (stored.shape.join() !== shape.join()) {
      throw new Error(`${name} is [${stored.shape.join(", ")}] where [${shape.join(", ")}] is needed`);
    }
    used.add(name);
    return new StoredPart(name, stored, null);
  };
  const rotated = (name: string, ofHeads: number, ...inputs: readonly number[]) => {
    const { stored } = part(name, ofHeads * headWidth, ...inputs);
    return new StoredPart(name, stored, interleaved ? headWidth : null);
  };

  const ids = tensors.get(names.embedding)?.shape[0] ?? 0;
  const embedding = part(names.embedding, ids, width);
  const head = config.tiedHead ? null : part(names.head, ids, width);
  const finalNorm = part(names.finalNorm, width);
  const layerParts = (index: number) => {
    const of = names.layer(index);
    const inner = heads * headWidth;
    const kv = kvHeads * headWidth;
    return {
      attentionNorm: part(of.attentionNorm, width),
      qkv: [rotated(of.query, heads, width), rotated(of.key, kvHeads, width), part(of.value, kv, width)],
      biases: config.biased
        ? [rotated(of.queryBias, heads), rotated(of.keyBias, kvHeads), part(of.valueBias, kv)]
        : null,
      norms: config.headNorms
        ? { query: part(of.queryNorm, headWidth), key: part(of.keyNorm, headWidth) }
        : null,
      output: [part(of.output, width, inner)],
      feedForwardNorm: part(of.feedForwardNorm, width),
      gateUp: [part(of.gate, hidden, width), part(of.up, hidden, width)],
      down: [part(of.down, width, hidden)],
    };
  };
  if (layers > tensors.size)
    throw new Error(`it claims to have ${layers} layers, but has only ${tensors.size} tensors`);
  const all = Array.from({ length: layers }, (_, index) => layerParts(index));
  for (const name of unused) used.add(name);
  const unknown = [...tensors.keys()].find((name) => !used.has(name) && !name.endsWith(FREQUENCIES));
  if (unknown !== undefined) throw new Error(`it has a tensor ${unknown}, which is not supported`);

  const layerOf = (parts: (typeof all)[number]): LayerWeights<readonly StoredPart[]> => ({
    get attentionNorm() {
      return parts.attentionNorm.vector();
    },
    qkv: parts.qkv,
    get qkvBias() {
      return parts.biases && joined(parts.biases.map((bias) => bias.vector()));
    },
    get headNorms() {
      return parts.norms && { query: parts.norms.query.vector(), key: parts.norms.key.vector() };
    },
    output: parts.output,
    get feedForwardNorm() {
      return parts.feedForwardNorm.vector();
    },
    gateUp: parts.gateUp,
    down: parts.down,
  });
  const matrices = [
    [embedding],
    ...(head === null ? [] : [[head]]),
    ...all.flatMap(({ qkv, output, gateUp, down }) => [qkv, output, gateUp, down]),
  ];
  return {
    ids,
    quantised: matrices.flat().some(isInteger),
    floatShare: 1 - valuesIn(matrices.flat().filter(isInteger)) / valuesIn(matrices.flat()),
    integerBytes: matrices.reduce((sum, parts) => sum + bytesAsIntegers(parts), 0),
    layers: all.map(layerOf),
    embedding: [embedding],
    head: head && [head],
    get finalNorm() {
      return finalNorm.vector();
    },
  };
}

const isInteger = ({ stored }: StoredPart): boolean => stored.type.group !== null;
const valuesIn = (parts: readonly StoredPart[]): number => parts.reduce((sum, { values }) => sum + values, 0);

function joined(vectors: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const vector of vectors) {
    all.set(vector, at);
    at += vector.length;
  }
  return all;
}

/** A byte for each weight, and a scale and a least value for each group; the smallest group of parts is that of all. */
function bytesAsIntegers(parts: readonly StoredPart[]): number {
  const values = valuesIn(parts);
  return values + (8 * values) / smallest(parts.map((part) => part.group));
}

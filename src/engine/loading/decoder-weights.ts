import { smallest } from "../../domain/extremes.js";
import { type IntegerMatrix, joinedFloats, joinedMatrix } from "../files/integer-matrix.js";
import type { TensorFile } from "../files/tensor-file.js";
import type { DecoderWeights, LayerWeights, Matrix } from "../model/model.js";
import type { DecoderConfig } from "./decoder-config.js";
import { StoredPart } from "./stored-part.js";
import type { TensorNames } from "./tensor-names.js";

/** How a file keeps a decoder's tensors. */
export interface WeightLayout {
  readonly names: TensorNames;
  /** Whether the rows of q and k stand in pairs of the halves that are rotated together. */
  readonly interleaved: boolean;
  /** Tensors that may be there without being used. */
  readonly unused: readonly string[];
}

/** A decoder's weights in its files, in fp32, and how many ids they have embeddings for. */
export interface StoredWeights extends DecoderWeights<Float32Array> {
  readonly ids: number;
  /** Whether any of its matrices is made of integers. */
  readonly quantised: boolean;
  /** What share of the matrices' weights is not, and is rounded where they are to be integers. */
  readonly floatShare: number;
  /** What the matrices take when they are kept as integers. */
  readonly integerBytes: number;
  /** The same weights as integers; those that are none are rounded to codes of ±`most`. */
  integers(most: number): DecoderWeights<IntegerMatrix>;
}

/** Frequencies that older files keep, though they follow from the config. */
const FREQUENCIES = "rotary_emb.inv_freq";

/**
 * A decoder's weights, each read from its file when it is asked for, so that nothing is held twice.
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

  const layerAs = <M extends Matrix>(parts: (typeof all)[number], read: Reader<M>): LayerWeights<M> => ({
    get attentionNorm() {
      return parts.attentionNorm.floats();
    },
    get qkv() {
      return read(parts.qkv);
    },
    get qkvBias() {
      return parts.biases && floatsOf(parts.biases);
    },
    get headNorms() {
      return parts.norms && { query: parts.norms.query.floats(), key: parts.norms.key.floats() };
    },
    get output() {
      return read(parts.output);
    },
    get feedForwardNorm() {
      return parts.feedForwardNorm.floats();
    },
    get gateUp() {
      return read(parts.gateUp);
    },
    get down() {
      return read(parts.down);
    },
  });
  const weightsAs = <M extends Matrix>(read: Reader<M>): DecoderWeights<M> => ({
    layers: all.map((parts) => layerAs(parts, read)),
    get embedding() {
      return read([embedding]);
    },
    get head() {
      return head && read([head]);
    },
    get finalNorm() {
      return finalNorm.floats();
    },
  });
  const matrices = [
    [embedding],
    ...(head === null ? [] : [[head]]),
    ...all.flatMap(({ qkv, output, gateUp, down }) => [qkv, output, gateUp, down]),
  ];
  return Object.defineProperties(
    {
      ids,
      quantised: matrices.flat().some(isInteger),
      floatShare: 1 - valuesIn(matrices.flat().filter(isInteger)) / valuesIn(matrices.flat()),
      integerBytes: matrices.reduce((sum, parts) => sum + bytesAsIntegers(parts), 0),
      integers: (most: number) => weightsAs((parts) => joinedMatrix(parts.map((one) => one.integers(most)))),
    },
    Object.getOwnPropertyDescriptors(weightsAs(floatsOf)),
  ) as StoredWeights;
}

const isInteger = ({ stored }: StoredPart): boolean => stored.type.integers !== undefined;
const valuesIn = (parts: readonly StoredPart[]): number => parts.reduce((sum, { values }) => sum + values, 0);

type Reader<M extends Matrix> = (parts: readonly StoredPart[]) => M;

const floatsOf = (parts: readonly StoredPart[]): Float32Array =>
  parts.length === 1 ? parts[0]!.floats() : joinedFloats(parts.map((part) => part.floats()));

/** A byte for each weight, and a scale and a least value for each group; the smallest group of parts is that of all. */
function bytesAsIntegers(parts: readonly StoredPart[]): number {
  const values = valuesIn(parts);
  return values + (8 * values) / smallest(parts.map((part) => part.group));
}

import { readTensor, type TensorFile } from "../files/tensor-file.js";
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
export interface StoredWeights extends DecoderWeights {
  readonly ids: number;
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
  const tensor = (name: string, ...shape: readonly number[]): (() => Float32Array) => {
    const stored = tensors.get(name);
    if (stored === undefined) throw new Error(`it has no tensor ${name}`);
    if (stored.shape.join() !== shape.join()) {
      throw new Error(`${name} is [${stored.shape.join(", ")}] where [${shape.join(", ")}] is needed`);
    }
    used.add(name);
    return () => readTensor(stored);
  };
  const rotated = (read: () => Float32Array, ofHeads: number) =>
    interleaved ? () => halves(read(), ofHeads * headWidth, headWidth) : read;

  const ids = tensors.get(names.embedding)?.shape[0] ?? 0;
  const embedding = tensor(names.embedding, ids, width);
  const head = config.tiedHead ? null : tensor(names.head, ids, width);
  const finalNorm = tensor(names.finalNorm, width);
  const layer = (index: number): LayerWeights => {
    const of = names.layer(index);
    const inner = heads * headWidth;
    const kv = kvHeads * headWidth;
    const attentionNorm = tensor(of.attentionNorm, width);
    const qkv = [
      rotated(tensor(of.query, inner, width), heads),
      rotated(tensor(of.key, kv, width), kvHeads),
      tensor(of.value, kv, width),
    ];
    const biases = config.biased
      ? [
          rotated(tensor(of.queryBias, inner), heads),
          rotated(tensor(of.keyBias, kv), kvHeads),
          tensor(of.valueBias, kv),
        ]
      : null;
    const norms = config.headNorms
      ? { query: tensor(of.queryNorm, headWidth), key: tensor(of.keyNorm, headWidth) }
      : null;
    const output = tensor(of.output, width, inner);
    const feedForwardNorm = tensor(of.feedForwardNorm, width);
    const gateUp = [tensor(of.gate, hidden, width), tensor(of.up, hidden, width)];
    const down = tensor(of.down, width, hidden);
    return {
      get attentionNorm() {
        return attentionNorm();
      },
      get qkv() {
        return joined(qkv);
      },
      get qkvBias() {
        return biases && joined(biases);
      },
      get headNorms() {
        return norms && { query: norms.query(), key: norms.key() };
      },
      get output() {
        return output();
      },
      get feedForwardNorm() {
        return feedForwardNorm();
      },
      get gateUp() {
        return joined(gateUp);
      },
      get down() {
        return down();
      },
    };
  };
  if (layers > tensors.size)
    throw new Error(`it says that it has ${layers} layers, and has ${tensors.size} tensors`);
  const all = Array.from({ length: layers }, (_, index) => layer(index));
  for (const name of unused) used.add(name);
  const unknown = [...tensors.keys()].find((name) => !used.has(name) && !name.endsWith(FREQUENCIES));
  if (unknown !== undefined) throw new Error(`it has a tensor ${unknown}, which is not supported`);
  return {
    ids,
    layers: all,
    get embedding() {
      return embedding();
    },
    get head() {
      return head?.() ?? null;
    },
    get finalNorm() {
      return finalNorm();
    },
  };
}

function joined(parts: readonly (() => Float32Array)[]): Float32Array {
  const read = parts.map((part) => part());
  const all = new Float32Array(read.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of read) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Rows in pairs (0, half, 1, half + 1, …) of each head back in their order. */
function halves(weights: Float32Array, rows: number, headWidth: number): Float32Array {
  const inputs = weights.length / rows;
  const ordered = new Float32Array(weights.length);
  for (let from = 0; from < rows; from++) {
    const inHead = from % headWidth;
    const to = from - inHead + (inHead & 1) * (headWidth / 2) + (inHead >> 1);
    ordered.set(weights.subarray(from * inputs, (from + 1) * inputs), to * inputs);
  }
  return ordered;
}

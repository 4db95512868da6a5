import type { Model } from "../../src/engine/model/model.js";

type Matrix = number[][];

/** Keys (not rotated) and values of every position, by layer. */
export interface ReferenceCache {
  readonly keys: Matrix[];
  readonly values: Matrix[];
}

/** A layer whose keys and values were just computed; `attended` is what a row reads from these or other ones. */
export interface ReferenceLayer {
  key(t: number): number[];
  value(t: number): number[];
  attended(t: number, keys: Matrix, values: Matrix): number[];
}

/**
 * The same decoder, slow and obvious: double precision, one position at a time, a full mask. `rows` are computed in
 * each layer from `cache`'s keys and values on, which it replaces at those rows; `choose` may narrow the rows once a
 * layer's keys and values are known. Returns the last row's logits.
 */
export function reference(
  model: Model,
  tokens: readonly number[],
  cache: ReferenceCache,
  rows: readonly number[],
  choose: (layer: number, fresh: ReferenceLayer) => readonly number[] = () => rows,
): number[] {
  const { layers, width, heads, kvHeads, headWidth, hidden, ropeBase, normEpsilon } = model.shape;
  const stream = new Map(
    rows.map((t) => [t, [...model.embedding.slice(tokens[t]! * width, (tokens[t]! + 1) * width)]]),
  );
  let current = rows;
  for (let l = 0; l < layers; l++) {
    const w = model.layers[l]!;
    const inner = heads * headWidth;
    const queries = new Map<number, number[]>();
    const keys = cache.keys[l]!.slice();
    const values = cache.values[l]!.slice();
    for (const t of current) {
      const qkv = times(w.qkv, norm(stream.get(t)!, w.attentionNorm, normEpsilon));
      queries.set(t, qkv.slice(0, inner));
      keys[t] = qkv.slice(inner, inner + kvHeads * headWidth);
      values[t] = qkv.slice(inner + kvHeads * headWidth);
    }
    const attendedBy = (t: number, keys: Matrix, values: Matrix): number[] => {
      const attended: number[] = [];
      for (let head = 0; head < heads; head++) {
        const of = (row: number[], h: number) => row.slice(h * headWidth, (h + 1) * headWidth);
        const kv = Math.floor((head * kvHeads) / heads);
        const q = rotate(of(queries.get(t)!, head), t, ropeBase);
        const seen = Array.from({ length: t + 1 }, (_, s) => s);
        const scores = seen.map((s) => dot(q, rotate(of(keys[s]!, kv), s, ropeBase)) / Math.sqrt(headWidth));
        const top = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - top));
        const total = weights.reduce((a, b) => a + b);
        for (let i = 0; i < headWidth; i++) {
          attended.push(seen.reduce((sum, s) => sum + (weights[s]! / total) * of(values[s]!, kv)[i]!, 0));
        }
      }
      return attended;
    };
    current = choose(l, { key: (t) => keys[t]!, value: (t) => values[t]!, attended: attendedBy });
    cache.keys[l] = keys;
    cache.values[l] = values;
    for (const t of current) {
      const attended = attendedBy(t, keys, values);
      const x = plus(stream.get(t)!, times(w.output, attended));
      const gateUp = times(w.gateUp, norm(x, w.feedForwardNorm, normEpsilon));
      const active = Array.from({ length: hidden }, (_, i) => {
        const gate = gateUp[i]!;
        return (gate / (1 + Math.exp(-gate))) * gateUp[hidden + i]!;
      });
      stream.set(t, plus(x, times(w.down, active)));
    }
  }
  const last = norm(stream.get(current.at(-1)!)!, model.finalNorm, normEpsilon);
  return times(model.embedding.subarray(0, model.generatedIds * width), last);
}

/** A cache without any keys and values. */
export const nothing = ({ shape }: Model): ReferenceCache => ({
  keys: Array.from({ length: shape.layers }, () => []),
  values: Array.from({ length: shape.layers }, () => []),
});

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const plus = (a: readonly number[], b: readonly number[]) => a.map((x, i) => x + b[i]!);

/** A row-major [out][in] matrix times a vector. */
const times = (weights: Float32Array, x: readonly number[]) =>
  Array.from({ length: weights.length / x.length }, (_, row) =>
    dot(x, [...weights.subarray(row * x.length, (row + 1) * x.length)]),
  );

const norm = (x: readonly number[], weight: Float32Array, epsilon: number) => {
  const scale = 1 / Math.sqrt(dot(x, x) / x.length + epsilon);
  return x.map((value, i) => value * scale * weight[i]!);
};

const rotate = (x: readonly number[], position: number, base: number) => {
  const half = x.length / 2;
  return x.map((value, i) => {
    const angle = position * base ** (-(i % half) / half);
    const other = i < half ? -x[i + half]! : x[i - half]!;
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
};

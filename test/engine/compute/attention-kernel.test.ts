import { describe, expect, it } from "vitest";
import { contextHeads } from "../../../src/engine/compute/memory/layout.js";
import type { Compute } from "../../../src/engine/model/model.js";
import { Arena } from "../../../src/engine/wasm/arena.js";
import { ATTENTION_SCRATCH_BYTES, kernelsOn } from "../../../src/engine/wasm/kernels.js";
import { random } from "../../../src/stats/random.js";

/** Vectors of heads, by position: queries of all heads, keys and values of those that have them. */
interface Vectors {
  readonly headWidth: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly queries: readonly Float32Array[];
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

/** What the rows at `positions` read from all keys, by the kernels; nothing is rotated. */
function attended(compute: Compute, of: Vectors, positions: readonly number[]): readonly Float32Array[] {
  const { headWidth, heads, kvHeads } = of;
  const arena = new Arena();
  const kernels = kernelsOn(arena.memory, arena.module);
  kernels.attentionScratch(arena.allocate(ATTENTION_SCRATCH_BYTES / 4));
  const tokens = of.keys.length;
  const { capacity, bytes, rounded } = contextHeads(tokens, { headWidth }, compute);
  const table = arena.allocate(tokens * headWidth);
  const [keys, values] = [0, 0].map(() => arena.allocate((kvHeads * bytes) / 4)) as [number, number];
  const kvRow = 2 * kvHeads * headWidth;
  const kv = arena.allocate(tokens * kvRow);
  const every = arena.allocate(tokens);
  const some = arena.allocate(positions.length);
  const inner = heads * headWidth;
  const q = arena.allocate(positions.length * inner);
  const out = arena.allocate(positions.length * inner);
  for (let token = 0; token < tokens; token++) {
    arena.floats(table + token * headWidth * 4, headWidth / 2).fill(1);
    arena.floats(kv + token * kvRow * 4, kvRow).set([...of.keys[token]!, ...of.values[token]!]);
  }
  arena.integers(every, tokens).set(Array.from({ length: tokens }, (_, i) => i));
  arena.integers(some, positions.length).set(positions);
  positions.forEach((position, row) => {
    arena.floats(q + row * inner * 4, inner).set(of.queries[position]!);
  });
  kernels.packKeysValues(
    kv,
    kvRow,
    every,
    tokens,
    kvHeads,
    headWidth,
    table,
    keys,
    values,
    capacity,
    bytes,
    rounded,
  );
  const count = positions.length;
  kernels.attention(
    q,
    inner,
    some,
    count,
    keys,
    values,
    capacity,
    bytes,
    rounded,
    heads,
    kvHeads,
    headWidth,
    out,
    inner,
  );
  return positions.map((_, row) => arena.floats(out + row * inner * 4, inner).slice());
}

/** The same in double precision. */
function plain({ headWidth, heads, kvHeads, queries, keys, values }: Vectors, position: number) {
  return Array.from({ length: heads }, (_, head) => {
    const at = Math.floor((head * kvHeads) / heads) * headWidth;
    const query = queries[position]!.subarray(head * headWidth, (head + 1) * headWidth);
    const scores = keys
      .slice(0, position + 1)
      .map((key) => query.reduce((sum, x, i) => sum + x * key[at + i]!, 0) / Math.sqrt(headWidth));
    const highest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - highest));
    const total = weights.reduce((a, b) => a + b);
    return Array.from({ length: headWidth }, (_, i) =>
      weights.reduce((sum, weight, j) => sum + (weight / total) * values[j]![at + i]!, 0),
    );
  }).flat();
}

const source = random("attention kernel");
const vectors = (count: number, length: number, size: number): readonly Float32Array[] =>
  Array.from({ length: count }, () => Float32Array.from({ length }, () => (source() - 0.5) * size));

function randomVectors(headWidth: number, heads: number, kvHeads: number, size: number): Vectors {
  const tokens = 300;
  return {
    headWidth,
    heads,
    kvHeads,
    queries: vectors(tokens, heads * headWidth, size),
    keys: vectors(tokens, kvHeads * headWidth, size),
    values: vectors(tokens, kvHeads * headWidth, 2),
  };
}

describe.each([
  ["f32", 4e-6],
  ["i16", 1e-3],
] as const)("the attention kernel, %s", (compute, most) => {
  it.each([
    [8, 4, 4, 2],
    [24, 6, 2, 4],
    [64, 9, 3, 2],
    [64, 9, 3, 8],
    [128, 4, 1, 3],
  ])("reads what plain arithmetic does: heads %i wide, %i over %i, vectors to ±%i / 2", (headWidth, heads, kvHeads, size) => {
    const of = randomVectors(headWidth, heads, kvHeads, size);
    // The first and last of a tile and of a group of eight, and some between.
    const positions = [0, 1, 3, 7, 8, 9, 100, 126, 127, 128, 129, 135, 136, 200, 255, 256, 299];
    const right = new Map(positions.map((position) => [position, plain(of, position)]));
    for (const some of [positions, [0], [127], [299], [128, 299], of.keys.map((_, i) => i)]) {
      for (const [row, got] of attended(compute, of, some).entries()) {
        const worst = right.get(some[row]!)?.map((x, i) => Math.abs(x - got[i]!)) ?? [0];
        expect(Math.max(...worst), `position ${some[row]} of ${some.length}`).toBeLessThan(most);
      }
    }
  });

  it("does not overflow where every vector has one direction and all weights are equal", () => {
    const tokens = 256;
    for (const headWidth of [8, 64, 128]) {
      for (const lone of [true, false]) {
        const one = Float32Array.from({ length: headWidth }, (_, i) => (lone && i > 0 ? 0 : 3));
        const all = Array.from({ length: tokens }, () => one);
        const of = { headWidth, heads: 1, kvHeads: 1, queries: all, keys: all, values: all };
        for (const row of attended(compute, of, [0, 126, 127, 255])) {
          row.forEach((x, i) => {
            expect(x).toBeCloseTo(one[i]!, 3);
          });
        }
      }
    }
  });

  it("gives weight to a key whose score is far below the others only as arithmetic does", () => {
    const one = Float32Array.from({ length: 8 }, () => 40);
    const away = one.map((x) => -x);
    const keys = Array.from({ length: 200 }, (_, i) => (i === 3 ? one : away));
    const values = Array.from({ length: 200 }, (_, i) => Float32Array.from({ length: 8 }, () => i));
    const of = { headWidth: 8, heads: 1, kvHeads: 1, queries: keys.map(() => one), keys, values };
    for (const row of attended(compute, of, [3, 130, 199])) for (const x of row) expect(x).toBeCloseTo(3, 3);
  });

  it("keeps vectors of zeros", () => {
    const none = new Float32Array(16);
    const all = Array.from({ length: 140 }, () => none);
    const of = { headWidth: 16, heads: 1, kvHeads: 1, queries: all, keys: all, values: all };
    for (const row of attended(compute, of, [0, 139])) expect([...row]).toEqual([...none]);
  });

  it("shows a value that is no number", () => {
    const of = randomVectors(8, 1, 1, 2);
    const values = of.values.with(5, new Float32Array(8).fill(Number.NaN));
    const [row] = attended(compute, { ...of, values }, [20]);
    expect([...row!].some(Number.isFinite)).toBe(false);
  });
});

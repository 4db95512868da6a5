import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KvStore } from "../../../src/engine/compute/kv-store.js";
import { Arena } from "../../../src/engine/wasm/arena.js";

const LAYERS = 2;
const ROW = 8;

/** A store beside rows that it can copy from: row `i` of layer `l` holds the number 1000 · (l + 1) + i. */
function storeOf(tokens: number) {
  const arena = new Arena();
  const rows = Array.from({ length: LAYERS }, (_, layer) =>
    arena.store(Float32Array.from({ length: 256 * ROW }, (_, i) => 1000 * (layer + 1) + Math.floor(i / ROW))),
  );
  const store = new KvStore(arena, tokens, LAYERS, ROW);
  const put = (key: string, first: number, count: number) =>
    store.put(key, count, (layer) => rows[layer]! + first * ROW * 4);
  const read = (key: string, layer: number) => {
    const stored = store.get(key);
    if (stored === null) return null;
    return Array.from({ length: stored.tokens }, (_, i) => {
      const row = store.rows(stored.blocks[Math.floor(i / 16)]!, layer) + (i % 16) * ROW * 4;
      return arena.floats(row, ROW)[ROW - 1]!;
    });
  };
  return { store, put, read };
}

const sequence = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

describe("the KV store", () => {
  it("gives back the rows of every layer", () => {
    const { put, read } = storeOf(128);
    put("a", 3, 40);
    put("b", 100, 7);
    expect(read("a", 0)).toEqual(sequence(1003, 40));
    expect(read("a", 1)).toEqual(sequence(2003, 40));
    expect(read("b", 1)).toEqual(sequence(2100, 7));
    expect(read("c", 0)).toBeNull();
  });

  it("refuses what is larger than all of it, and evicts nothing then", () => {
    const { store, put } = storeOf(64);
    put("a", 0, 16);
    expect(put("b", 0, 65)).toBe(false);
    expect(store.has("a")).toBe(true);
  });

  it("replaces an entry of the same key", () => {
    const { store, put, read } = storeOf(64);
    put("a", 0, 64);
    put("a", 8, 20);
    expect(read("a", 0)).toEqual(sequence(1008, 20));
    expect(store.tokens).toBe(20);
  });

  it("is at every moment a least-recently-used map bound in blocks", () => {
    const key = fc.constantFrom("a", "b", "c", "d", "e");
    const step = fc.oneof(
      fc.record({
        put: key,
        first: fc.integer({ min: 0, max: 100 }),
        count: fc.integer({ min: 1, max: 70 }),
      }),
      fc.record({ get: key }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { store, put, read } = storeOf(64);
        let model: { key: string; first: number; count: number }[] = []; // the most recently used last
        const blocks = () => model.reduce((sum, { count }) => sum + Math.ceil(count / 16), 0);
        for (const step of steps) {
          if ("put" in step) {
            put(step.put, step.first, step.count);
            if (step.count > 64) continue;
            model = [...model.filter(({ key }) => key !== step.put), { ...step, key: step.put }];
            while (blocks() > 4) model.shift();
          } else {
            const known = model.find(({ key }) => key === step.get);
            expect(read(step.get, 1)).toEqual(known ? sequence(2000 + known.first, known.count) : null);
            if (known) model = [...model.filter((entry) => entry !== known), known];
          }
        }
        expect(store.tokens).toBe(model.reduce((sum, { count }) => sum + count, 0));
        for (const { key, first, count } of [...model])
          expect(read(key, 0)).toEqual(sequence(1000 + first, count));
      }),
      { numRuns: 60 },
    );
  });
});

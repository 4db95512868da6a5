import { describe, expect, it } from "vitest";
import { KvStore } from "../../../src/engine/compute/kv-store.js";
import { extend, prefill } from "../../../src/engine/compute/prefill.js";
import { Transformer } from "../../../src/engine/compute/transformer.js";
import { loadModel } from "../../../src/engine/model/model.js";
import { random } from "../../../src/stats/random.js";
import { finish } from "../support.js";

describe.each([
  [40, 1, "f32"],
  [12, 3, "f32"],
  [12, 3, "i16"],
  [8, 8, "i8"],
] as const)("attention of %i heads over %i of keys and values, %s", (heads, kvHeads, compute) => {
  const source = random("attention");
  const numbers = (count: number) => Float32Array.from({ length: count }, () => source() - 0.5);
  const bench = loadModel("bench");
  const headWidth = 8;
  const shape = { ...bench.shape, layers: 2, heads, kvHeads, headWidth };
  const { width } = shape;
  const layers = bench.layers.slice(0, 2).map((layer) => ({
    ...layer,
    qkv: numbers((heads + 2 * kvHeads) * headWidth * width),
    output: numbers(width * heads * headWidth),
  }));
  const model = { ...bench, shape, layers, maxTokens: 192, compute };
  const tokens = Int32Array.from({ length: 150 }, () => source.int(2_000));

  it("gives the same bits to rows one by one, a few at a time, and all together", () => {
    const results = [1, 5, 150].map((together) => {
      const transformer = new Transformer(model);
      const store = new KvStore(transformer.arena, 16, 2, transformer.kvRow);
      const first = tokens.subarray(0, together === 150 ? 150 : 90);
      finish(prefill(transformer, store, first, []));
      for (let at = first.length; at < tokens.length; at += together) {
        if (together === 1) finish(extend(transformer, tokens, at));
        else {
          transformer.begin(
            tokens,
            Int32Array.from({ length: together }, (_, i) => at + i),
          );
          for (let layer = 0; layer < 2; layer++) {
            finish(transformer.project(layer));
            finish(transformer.attend(layer));
          }
        }
      }
      return transformer.logits();
    });
    expect(results[0]).toEqual(results[2]);
    expect(results[1]).toEqual(results[2]);
    expect(new Set(results[2]).size).toBeGreaterThan(1_000);
  });

  it.each([150, 151, 159])("gives the same bits in a context with room for %i tokens", (maxTokens) => {
    const [tight, ample] = [maxTokens, 192].map((room) => {
      const transformer = new Transformer({ ...model, maxTokens: room });
      const store = new KvStore(transformer.arena, 16, 2, transformer.kvRow);
      finish(prefill(transformer, store, tokens, []));
      return transformer.logits();
    });
    expect(tight).toEqual(ample);
  });
});

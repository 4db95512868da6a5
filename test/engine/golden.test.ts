import { describe, expect, it } from "vitest";
import { findChunks } from "../../src/engine/methods/chunks.js";
import { answer, engineOf, type Golden, golden, goldenModel } from "./support.js";

describe("full prefill against PyTorch", () => {
  const engine = engineOf(goldenModel());

  it.each(golden.map((prompt, i) => ({ i, prompt })))("gives prompt $i's logits to 1e-3 and its answer", ({
    prompt,
  }) => {
    const got = answer(engine, [engine.tokenizer.bos, ...prompt.chunks.flat(), ...prompt.question]);
    const worst = Math.max(...prompt.full.logits.map((logit, id) => Math.abs(logit - got.logits[id]!)));
    expect(worst).toBeLessThan(1e-3);
    expect(got.logits).toHaveLength(prompt.full.logits.length);
    expect(got.ids.slice(0, 3)).toEqual(prompt.full.out);
  });
});

describe("reuse and CacheBlend against PyTorch", () => {
  const engine = engineOf(goldenModel());
  const { bos } = engine.tokenizer;

  const blended = (prompt: Golden, recomputeRatio: number) => {
    const ids = Int32Array.from([bos, ...prompt.chunks.flat(), ...prompt.question]);
    const pieces = findChunks(ids, { by: "marker" }, engine.tokenizer);
    const options = { recomputeRatio, checkLayer: 1, selector: "v", filtering: "once", seed: 0 } as const;
    return answer(engine, ids, { cache: { method: "blend", pieces, options } });
  };
  const distance = (expected: readonly number[], got: Float32Array) =>
    Math.max(...expected.map((logit, id) => Math.abs(logit - got[id]!)));

  it.each(golden.map((prompt, i) => ({ i, prompt })))("agree on prompt $i", ({ prompt }) => {
    const ids = Int32Array.from([bos, ...prompt.chunks.flat(), ...prompt.question]);
    const pieces = findChunks(ids, { by: "marker" }, engine.tokenizer);
    const reuse = answer(engine, ids, { cache: { method: "reuse", pieces } });
    expect(distance(prompt.reuse.logits, reuse.logits)).toBeLessThan(1e-3);
    expect(reuse.ids.slice(0, 3)).toEqual(prompt.reuse.out);

    for (const ratio of ["0.05", "0.15", "1.0"] as const) {
      const expected = prompt[`blend${ratio}`];
      const got = blended(prompt, Number(ratio));
      expect([...got.recomputed.positions]).toEqual(expected.idx);
      expect(distance(expected.logits, got.logits)).toBeLessThan(1e-3);
      expect(got.ids.slice(0, 3)).toEqual(expected.out);
    }
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findChunks } from "../../src/engine/methods/chunks.js";
import { answer, engineOf, type Golden } from "./support.js";

const file = new URL("../fixtures/engine/golden-shipped.json", import.meta.url);
const prompts = JSON.parse(readFileSync(file, "utf8")) as readonly Golden[];

describe("the shipped tiny model against PyTorch, from 130 to 2,050 tokens", () => {
  const engine = engineOf("tiny", 8192);
  const distance = (expected: readonly number[], got: Float32Array) =>
    Math.max(...expected.map((logit, id) => Math.abs(logit - got[id]!)));

  it.each(prompts.map((prompt, i) => ({ i, prompt })))("agrees on prompt $i", ({ prompt }) => {
    const ids = Int32Array.from([engine.tokenizer.bos, ...prompt.chunks.flat(), ...prompt.question]);
    const pieces = findChunks(ids, { by: "marker" }, engine.tokenizer);
    const full = answer(engine, ids);
    expect(distance(prompt.full.logits, full.logits)).toBeLessThan(1e-3);
    expect(full.ids.slice(0, 3)).toEqual(prompt.full.out);
    const reuse = answer(engine, ids, { cache: { method: "reuse", pieces } });
    expect(distance(prompt.reuse.logits, reuse.logits)).toBeLessThan(1e-3);
    expect(reuse.ids.slice(0, 3)).toEqual(prompt.reuse.out);

    for (const ratio of ["0.05", "0.15", "1.0"] as const) {
      const expected = prompt[`blend${ratio}`];
      const options = {
        recomputeRatio: Number(ratio),
        checkLayer: 1,
        selector: "v",
        filtering: "once",
        seed: 0,
      } as const;
      const got = answer(engine, ids, { cache: { method: "blend", pieces, options } });
      expect([...got.recomputed.positions]).toEqual(expected.idx);
      expect(distance(expected.logits, got.logits)).toBeLessThan(1e-3);
      expect(got.ids.slice(0, 3)).toEqual(expected.out);
    }
  });
});

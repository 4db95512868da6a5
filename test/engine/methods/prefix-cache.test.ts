import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answer, engineOf, golden } from "../support.js";

const golden0 = golden[0]!;

/** Deterministic token ids below `ids`. */
const tokens = (count: number, ids: number, seed = 1): number[] =>
  Array.from({ length: count }, (_, i) => (Math.imul(i + seed * 7919, 2654435761) >>> 8) % ids);

describe.each(["tiny", "bench"])("a prefix hit of %s", (name) => {
  const engine = engineOf(name, 2048);
  const prompt = [engine.tokenizer.bos, ...tokens(name === "tiny" ? 420 : 150, engine.tokenizer.ids)];
  const cold = answer(engine, prompt, { maxTokens: 3, ignoreEos: true });

  it.each([
    1,
    15,
    16,
    17,
    33,
    127,
    129,
    prompt.length - 1,
    prompt.length,
  ])("after a prompt that shares %i tokens gives bitwise the cold logits", (shared) => {
    engine.clearPrefixes();
    answer(engine, [...prompt.slice(0, shared), ...tokens(20, engine.tokenizer.ids, 2)]);
    const warm = answer(engine, prompt, { cache: { method: "prefix" }, maxTokens: 3, ignoreEos: true });
    expect(warm.cachedTokens).toBe(Math.floor(Math.min(shared, prompt.length - 1) / 16) * 16);
    expect(warm.logits).toEqual(cold.logits);
    expect(warm.ids).toEqual(cold.ids);
  });

  it("is the same for every order of requests", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: prompt.length }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: prompt.length }),
        (earlier, length) => {
          engine.clearPrefixes();
          for (const shared of earlier)
            answer(engine, prompt.slice(0, shared), { cache: { method: "prefix" }, maxTokens: 1 });
          const asked = prompt.slice(0, length);
          const warm = answer(engine, asked, { cache: { method: "prefix" }, maxTokens: 1 });
          expect(warm.logits).toEqual(answer(engine, asked, { maxTokens: 1 }).logits);
        },
      ),
      { numRuns: name === "tiny" ? 15 : 2 },
    );
  });
});

describe("the prefix cache", () => {
  const engine = engineOf("tiny", 256);
  const prompt = tokens(100, 319);
  const ask = (salt = "", ids = prompt) =>
    answer(engine, ids, { cache: { method: "prefix" }, salt, maxTokens: 1 }).cachedTokens;

  it("computes at least the last token, also when all are stored", () => {
    engine.clearPrefixes();
    ask("", prompt.slice(0, 96));
    expect(ask("", prompt.slice(0, 96))).toBe(80);
  });

  it("keeps salts apart", () => {
    engine.clearPrefixes();
    expect([ask("a"), ask("b"), ask("a"), ask("")]).toEqual([0, 0, 96, 0]);
  });

  it("is not read by method full, but fed by it", () => {
    engine.clearPrefixes();
    expect([answer(engine, prompt).cachedTokens, answer(engine, prompt).cachedTokens, ask()]).toEqual([
      0, 0, 96,
    ]);
  });

  it("stores the tokens of the answer too", () => {
    engine.clearPrefixes();
    const first = answer(engine, prompt.slice(0, 30), {
      cache: { method: "prefix" },
      maxTokens: 20,
      ignoreEos: true,
    });
    expect(ask("", [...prompt.slice(0, 30), ...first.ids, 5])).toBe(48);
  });

  it("forgets on clear", () => {
    ask();
    engine.clearPrefixes();
    expect(ask()).toBe(0);
  });

  it("evicts what was used longest ago, from a prompt's end on", () => {
    engine.clearPrefixes();
    const other = tokens(176, 319, 3);
    ask();
    ask("", other); // 6 + 11 blocks in a store of 16
    expect(ask("", [...other, 1])).toBe(176);
    expect(ask()).toBe(80);
  });

  it("keeps the beginning of a prompt that is longer than the store", () => {
    engine.clearPrefixes();
    const long = tokens(400, 319, 4);
    ask("", long);
    expect(ask("", long)).toBe(256);
  });

  it("loses nothing of an answer that is given up, and is not confused by it", () => {
    engine.clearPrefixes();
    const work = engine.generate({
      prompt: Int32Array.from(prompt),
      maxTokens: 8,
      cache: { method: "prefix" },
      salt: "",
      ignoreEos: true,
    });
    while (work.next().value === undefined);
    work.return(undefined as never);
    expect(ask()).toBe(96);
    const abandoned = engine.generate({
      prompt: Int32Array.from(golden0.chunks.flat()),
      maxTokens: 8,
      cache: { method: "prefix" },
      salt: "",
      ignoreEos: true,
    });
    abandoned.next();
    abandoned.return(undefined as never);
    expect(ask("", [...golden0.chunks.flat()])).toBe(0);
  });
});

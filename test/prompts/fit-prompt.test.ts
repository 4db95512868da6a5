import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChunkedPrompt, wholePrompt } from "../../src/domain/records/chunked-prompt.js";
import { WORDINGS } from "../../src/domain/records/words.js";
import { cutByOf, fitPrompt } from "../../src/prompts/fit-prompt.js";
import { wordCounter } from "../support/word-counter.js";

const words = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name}${index} `).join("");
const prompt: ChunkedPrompt = {
  prefix: "Read this: ",
  chunks: ["a", "b", "c", "d", "e"].map((name) => words(name, 10)),
  question: "Who is it?",
};

describe("a prompt that is too long", () => {
  it("is left alone where it fits", async () => {
    const whole = await wordCounter.count(wholePrompt(prompt));
    for (const by of ["chunks", "middle"] as const) {
      expect(await fitPrompt(prompt, wordCounter, whole, by)).toEqual({ prompt, cutTokens: 0 });
    }
  });

  // blend_samsum.py: `del doc_chunk_ids[int(len(doc_chunk_ids)/2)]` until they fit.
  it("loses whole chunks from the middle, as CacheBlend's scripts do", async () => {
    const fitted = (await fitPrompt(prompt, wordCounter, 36, "chunks"))!;
    const [a, b, , , e] = prompt.chunks;
    expect(fitted).toEqual({ prompt: { ...prompt, chunks: [a, b, e] }, cutTokens: 20 });
  });

  // pred.py: `half = int(max_length/2); tokenized_prompt[:half] + tokenized_prompt[-half:]`.
  it("loses its middle, as in LongBench", async () => {
    const fitted = (await fitPrompt(prompt, wordCounter, 30, "middle"))!;
    const tokens = wholePrompt(prompt).split(" ");
    const kept = wholePrompt(fitted.prompt).split(" ");
    expect(kept).toEqual([...tokens.slice(0, 15), ...tokens.slice(-15)]);
    expect(fitted.cutTokens).toBe(tokens.length - 30);
  });

  it("loses the middle of a chunk that alone is too long", async () => {
    const one = { ...prompt, chunks: [words("a", 100)] };
    for (const by of ["chunks", "middle"] as const) {
      const fitted = (await fitPrompt(one, wordCounter, 25, by))!;
      expect(await wordCounter.count(wholePrompt(fitted.prompt))).toBeLessThanOrEqual(25);
      expect(fitted.prompt.chunks.join("")).toMatch(/^a0 .* a99 $/);
    }
  });

  it("is none where its question leaves no room", async () => {
    const long = { ...prompt, question: words("q", 50) };
    for (const by of ["chunks", "middle"] as const)
      expect(await fitPrompt(long, wordCounter, 40, by)).toBeNull();
  });

  it("keeps its beginning and its question, fits, and is no shorter than it must be", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 10, max: 200 }),
        fc.constantFrom("chunks", "middle"),
        async (lengths, tokens, by) => {
          const chunks = lengths.map((length, index) => words(`w${index}_`, length));
          const fitted = await fitPrompt({ ...prompt, chunks }, wordCounter, tokens, by);
          const whole = 5 + lengths.reduce((sum, length) => sum + length);
          expect(fitted).not.toBeNull();
          const { prefix, question, chunks: kept } = fitted!.prompt;
          expect([prefix, question]).toEqual([prompt.prefix, prompt.question]);
          const count = await wordCounter.count(wholePrompt(fitted!.prompt));
          expect(count).toBeLessThanOrEqual(tokens);
          expect(fitted!.cutTokens).toBe(whole - count);
          if (by === "middle") expect(count).toBeGreaterThanOrEqual(Math.min(whole, tokens) - 1);
          // What is kept stands in its order.
          const order = kept.join("").match(/w\d+_\d+/g);
          const all = chunks.join("").match(/w\d+_\d+/g)!;
          expect(all.filter((word) => order!.includes(word))).toEqual(order);
        },
      ),
    );
  });

  it("is cut by the rule of its wording's authors", () => {
    expect(WORDINGS.map((wording) => [wording, cutByOf(wording)])).toEqual([
      ["plain", "chunks"],
      ["longbench", "middle"],
      ["cacheblend", "chunks"],
      ["bare", "chunks"],
    ]);
  });
});

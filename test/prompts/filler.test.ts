import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filler, fillerWords } from "../../src/prompts/filler.js";
import { random } from "../../src/stats/random.js";
import { wordCounter } from "../support/word-counter.js";

/** A counter for which a token is four characters, so that a filler word is more than one token. */
const quarters = {
  count: async (text: string) => Math.ceil(text.length / 4),
  truncate: async (text: string, tokens: number) => text.slice(0, tokens * 4),
};

describe("filler", () => {
  it("has exactly the tokens asked for, whether a word is one token or more", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3_000 }), fc.string(), async (tokens, seed) => {
        expect(await wordCounter.count(await filler(random(seed), wordCounter, tokens))).toBe(tokens);
        expect(await quarters.count(await filler(random(seed), quarters, tokens))).toBe(tokens);
      }),
      { numRuns: 50 },
    );
  });

  it("is the same text for the same stream and shares no block of 16 words with another stream's", async () => {
    const one = await filler(random("a"), wordCounter, 500);
    expect(await filler(random("a"), wordCounter, 500)).toBe(one);
    const other = await filler(random("b"), wordCounter, 500);
    expect(other.split(" ").slice(0, 16)).not.toEqual(one.split(" ").slice(0, 16));
  });

  it("asks a counter that tells the same of every text, or too little, a few times only", async () => {
    for (const tell of [() => 0, () => 1, () => -1, (text: string) => Math.floor(text.length / 256)]) {
      let asked = 0;
      const counter = {
        ...quarters,
        count: async (text: string) => {
          asked++;
          return tell(text);
        },
      };
      await expect(filler(random(1), counter, 4_000)).rejects.toThrow(
        /A text of \d+ words was counted as -?\d+ tokens/,
      );
      expect(asked).toBeLessThanOrEqual(10);
    }
  });

  it("reaches its length where a token is several words", async () => {
    const rare = {
      count: async (text: string) => Math.ceil(text.length / 25),
      truncate: async (text: string, tokens: number) => text.slice(0, tokens * 25),
    };
    expect(await rare.count(await filler(random(1), rare, 4_000))).toBe(4_000);
  });

  it("reads as sentences of eight words", () => {
    const sentences = fillerWords(random(1), 24).split(/(?<=\.) /);
    expect(sentences).toHaveLength(3);
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z][a-z]*( [a-z]+){7}\.$/);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TokenBudget } from "../../src/domain/records/token-count.js";
import { dropMiddleChunks, sentenceChunks } from "../../src/prompts/chunks.js";

/** Counts words; what it truncates to is a prefix, the white space before a word included. */
const wordCounter: TokenBudget = {
  count: async (text) => text.match(/\S+/g)?.length ?? 0,
  truncate: async (text, tokens) => new RegExp(`^(?:\\s*\\S+){0,${tokens}}`).exec(text)![0],
};

const sentence = (words: number, name: string) => `${Array(words).fill(name).join(" ")}. `;

describe("sentenceChunks", () => {
  it("ends chunks where sentences end and fills them as far as they go", async () => {
    const text = sentence(4, "One") + sentence(3, "Two") + sentence(5, "Three") + sentence(1, "Four");
    expect(await sentenceChunks(text, wordCounter, 8)).toEqual([
      sentence(4, "One") + sentence(3, "Two"),
      sentence(5, "Three") + sentence(1, "Four"),
    ]);
  });

  it("cuts inside a sentence only when it is longer than a chunk", async () => {
    const text = `${sentence(2, "One")}${sentence(7, "Two")}${sentence(2, "Three")}`;
    expect(await sentenceChunks(text, wordCounter, 3)).toEqual([
      "One One. ",
      "Two Two Two",
      " Two Two Two",
      " Two. Three Three. ",
    ]);
  });

  it("has no chunks for no text", async () => {
    expect(await sentenceChunks("", wordCounter, 3)).toEqual([]);
  });

  it("asks the counter about twice the logarithm of a chunk's sentences, not once a sentence", async () => {
    const counted: string[] = [];
    const count = (text: string) => {
      counted.push(text);
      return wordCounter.count(text);
    };
    const chunks = await sentenceChunks(sentence(4, "One").repeat(1000), { ...wordCounter, count }, 400);
    expect(chunks).toHaveLength(10);
    expect(counted.length).toBeLessThan(10 * 15);
  });

  it("loses nothing and never goes over", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "Bee", " ", ". ", "! ", "\n\n", "é", "🙂") });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (content, tokens) => {
        const chunks = await sentenceChunks(content, wordCounter, tokens);
        expect(chunks.join("")).toBe(content);
        for (const chunk of chunks) {
          expect(chunk).not.toBe("");
          expect(await wordCounter.count(chunk)).toBeLessThanOrEqual(tokens);
        }
      }),
    );
  });

  it.each([0, 1.5, Number.NaN])("refuses chunks of %d tokens", async (tokens) => {
    await expect(sentenceChunks("One.", wordCounter, tokens)).rejects.toThrow(
      "tokens must be a whole number of at least 1",
    );
  });

  it("refuses chunks too small for a character instead of running for ever", async () => {
    const bytes = { count: async (text: string) => Buffer.byteLength(text), truncate: async () => "" };
    await expect(sentenceChunks("🙂", bytes, 2)).rejects.toThrow(
      "tokens must leave room for a single character",
    );
  });
});

describe("dropMiddleChunks", () => {
  const prompt = { prefix: "not counted ", chunks: ["a a ", "b b ", "c c ", "d d "], question: "nor this" };

  // CacheBlend's rule by hand: index floor(4/2) = 2 goes first, then floor(3/2) = 1.
  it("leaves out the middle until the rest fits", async () => {
    expect(await dropMiddleChunks(prompt, wordCounter, 5)).toEqual({
      prompt: { ...prompt, chunks: ["a a ", "d d "] },
      dropped: 2,
    });
    expect(await dropMiddleChunks(prompt, wordCounter, 8)).toEqual({ prompt, dropped: 0 });
  });
});

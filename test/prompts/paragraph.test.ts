import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TokenBudget } from "../../src/domain/records/token-count.js";
import { paragraph } from "../../src/prompts/paragraph.js";
import { random } from "../../src/stats/random.js";
import { openaiCounter, tokenizerFile } from "../../src/tokens/local-tokenizers.js";
import { wordCounter } from "../support/word-counter.js";

const tokenizer = (name: string) =>
  tokenizerFile(fileURLToPath(new URL(`../fixtures/tokenizers/${name}.json`, import.meta.url)));

/** A token for every character. */
const characters: TokenBudget = {
  count: async (text) => text.length,
  truncate: async (text, tokens) => text.slice(0, tokens),
};

const counters: Readonly<Record<string, TokenBudget>> = {
  o200k: openaiCounter("gpt-4o")!,
  "a byte-level vocabulary": await tokenizer("byte-level"),
  "a SentencePiece vocabulary": await tokenizer("sentencepiece"),
  words: wordCounter,
  characters,
};

describe.each(Object.entries(counters))("a paragraph counted by %s", (_name, budget) => {
  it("has as many tokens as it says, and behind others exactly those that were asked for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 5 }),
        fc.nat(1_000),
        async (lengths, seed) => {
          const texts = random(seed);
          const first = await paragraph(texts.fork("first"), budget, 40);
          let [whole, sum] = [first.text, await budget.count(first.text)];
          for (const [index, length] of lengths.entries()) {
            const piece = await paragraph(texts.fork(`${index}`), budget, length);
            if (length >= 8) expect(piece.tokens).toBe(length);
            // What is shorter has no end of its own, so another can't stand behind it.
            if (length < 8) continue;
            whole += piece.text;
            sum += piece.tokens;
          }
          expect(await budget.count(whole)).toBe(sum);
        },
      ),
      { numRuns: 25, examples: [[[1, 122, 1, 1], 3]] },
    );
  });

  it("may be a token long, or none", async () => {
    expect((await paragraph(random(1), budget, 0)).text).toBe("");
    expect((await paragraph(random(1), budget, 1)).tokens).toBeLessThanOrEqual(1);
  });
});

it("counts a paragraph of 512 tokens a few times, not once for each token", async () => {
  let counted = 0;
  const o200k = counters.o200k!;
  const budget: TokenBudget = {
    count: async (text) => {
      counted += text.length;
      return o200k.count(text);
    },
    truncate: async (text, tokens) => {
      counted += text.length;
      return o200k.truncate(text, tokens);
    },
  };
  const { text } = await paragraph(random("cost"), budget, 512);
  expect(counted).toBeLessThan(12 * text.length);
});

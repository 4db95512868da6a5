import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wholePrompt } from "../../src/domain/records/chunked-prompt.js";
import type { TokenBudget } from "../../src/domain/records/token-count.js";
import { chunkedFiller } from "../../src/prompts/chunked-filler.js";
import { random } from "../../src/stats/random.js";
import { openaiCounter } from "../../src/tokens/local-tokenizers.js";

const o200k = openaiCounter("gpt-4o")!;

/** A token for every character: line breaks and seams count in full. */
const characters: TokenBudget = {
  count: async (text) => text.length,
  truncate: async (text, tokens) => text.slice(0, tokens),
};

describe("chunkedFiller", () => {
  it("is exactly as long as asked, counted as the whole prompt that is sent", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 64, max: 2_048 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(1_000),
        async (tokens, chunks, seed) => {
          const prompt = await chunkedFiller(random(seed), o200k, { tokens, chunks });
          expect(prompt.chunks).toHaveLength(chunks);
          const missing = tokens - (await o200k.count(wholePrompt(prompt)));
          expect(missing).toBeGreaterThanOrEqual(0);
          // One chunk alone may grow by two tokens or none.
          expect(missing).toBeLessThanOrEqual(chunks === 1 ? 2 : 0);
        },
      ),
      { numRuns: 60, examples: [[397, 7, 0]] },
    );
  });

  it("keeps its chunks near one length", async () => {
    const { chunks } = await chunkedFiller(random("a"), characters, { tokens: 4_000, chunks: 4 });
    const lengths = chunks.map((chunk) => chunk.length);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
  });

  it("has at least a token in every chunk where the length has no room for them", async () => {
    const prompt = await chunkedFiller(random("a"), characters, { tokens: 64, chunks: 3 });
    for (const chunk of prompt.chunks) expect(chunk.trim()).not.toBe("");
  });
});

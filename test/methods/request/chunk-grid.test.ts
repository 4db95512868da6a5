import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillerIds, missingTokens } from "../../../src/methods/request/chunk-grid.js";

/** A token for every character. */
const idsOf = async (text: string) => Array.from(text, (character) => character.charCodeAt(0));

describe("a prompt on a grid of KV chunks", () => {
  it("has filler up to whole ones behind its beginning and every chunk, and none behind what is whole", () => {
    const list = fc.array(fc.nat(9), { maxLength: 40 });
    fc.assert(
      fc.property(
        list,
        list,
        fc.array(list),
        fc.integer({ min: 1, max: 16 }),
        (bos, prefix, chunks, block) => {
          const missing = missingTokens({ bos, prefix, chunks }, block);
          const beginning = bos.length + prefix.length + missing.prefix;
          expect(beginning % block).toBe(0);
          expect(beginning).toBeGreaterThanOrEqual(block);
          for (const [index, chunk] of chunks.entries()) {
            expect((chunk.length + missing.chunks[index]!) % block).toBe(0);
            expect(missing.chunks[index]).toBeLessThan(block);
          }
        },
      ),
    );
  });

  it("has filler of each text's own, the same wherever the text stands", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.string(),
        fc.integer({ min: 24, max: 255 }),
        async (one, other, tokens) => {
          fc.pre(one !== other);
          const filler = await fillerIds("CacheBlend", idsOf, one, tokens);
          expect(filler).toHaveLength(tokens);
          expect(await fillerIds("CacheBlend", idsOf, one, tokens)).toEqual(filler);
          expect(await fillerIds("CacheBlend", idsOf, other, tokens)).not.toEqual(filler);
        },
      ),
    );
  });

  it("is refused where words have fewer tokens than there are words", async () => {
    await expect(fillerIds("CacheBlend", async () => [1], "text", 20)).rejects.toThrow(
      /a filler of 20 words has 1 tokens/,
    );
  });
});

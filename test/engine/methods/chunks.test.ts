import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Chunking, findChunks } from "../../../src/engine/methods/chunks.js";
import { loadModel } from "../../../src/engine/model/model.js";
import { Tokenizer } from "../../../src/engine/model/tokenizer.js";

const tokenizer = new Tokenizer(loadModel("tiny").words, 1343);

/** The chunks and the question as texts. */
function found(text: string, chunking: Chunking) {
  const ids = tokenizer.encode(text);
  const { chunks, question } = findChunks(ids, chunking, tokenizer);
  const words = ({ start, end }: { start: number; end: number }) =>
    tokenizer.decode(ids.subarray(start, end));
  return [...chunks.map(words), "|", words(question)];
}

describe("the chunks of a prompt", () => {
  it.each([
    ["<bos> ## he . ## she . question : what ?", ["<bos>", "## he .", "## she .", "|", "question : what ?"]],
    ["<bos> the ## he . question : what ?", ["<bos>", "the", "## he .", "|", "question : what ?"]],
    ["## question : he . question : she", ["## question : he .", "|", "question : she"]],
    ["<bos> ## he . ## she .", ["<bos>", "## he .", "|", "## she ."]],
    ["<bos> he . question : what ?", ["<bos>", "he .", "|", "question : what ?"]],
    ["he", ["|", "he"]],
    ["<bos>", ["|", ""]],
  ])("by the marker: %s", (text, expected) => {
    expect(found(text, { by: "marker" })).toEqual(expected);
  });

  it.each([
    ["<bos> the # # he # # she # # what ?", ["<bos>", "the", "he", "she", "|", "what ?"]],
    ["# # he # # # # she", ["he", "|", "she"]],
    ["<bos> he # #", ["<bos>", "he", "|", ""]],
    ["he she", ["|", "he she"]],
    ["# # # he", ["|", "# he"]],
  ])("by a separator: %s", (text, expected) => {
    expect(found(text, { by: "separator", separator: " # # " })).toEqual(expected);
  });

  it.each([
    ["<bos> the he she", [1, 1], ["<bos>", "the", "he", "|", "she"]],
    ["the he she", [2], ["the he", "|", "she"]],
    ["<bos> the he she", [1, 2], ["<bos>", "the", "|", "he she"]],
    ["<bos> the he", [9, 9], ["<bos>", "|", "the he"]],
    ["<bos> the he", [], ["<bos>", "|", "the he"]],
  ])("by their lengths: %s, %j", (text, tokens, expected) => {
    expect(found(text, { by: "tokens", tokens })).toEqual(expected);
  });

  it("lie in order, apart, and never over the last token", () => {
    const word = fc.constantFrom("##", "#", "question", ":", "he", "<bos>", ".");
    const chunking = fc.oneof(
      fc.constant<Chunking>({ by: "marker" }),
      fc.constant<Chunking>({ by: "separator", separator: "# #" }),
      fc.array(fc.integer({ min: 1, max: 6 })).map((tokens): Chunking => ({ by: "tokens", tokens })),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), chunking, (words, how) => {
        const ids = tokenizer.encode(words.join(" "));
        const { chunks, question } = findChunks(ids, how, tokenizer);
        let end = 0;
        for (const piece of chunks) {
          expect(piece.start).toBeGreaterThanOrEqual(end);
          expect(piece.end).toBeGreaterThan(piece.start);
          end = piece.end;
        }
        expect(end).toBeLessThan(ids.length);
        expect(question.start).toBeGreaterThanOrEqual(end);
        expect(question.end).toBe(ids.length);
      }),
      { numRuns: 500 },
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storyPassages } from "../../src/datasets/schemas/story.js";

describe("storyPassages", () => {
  const story = fc
    .array(
      fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 400 }),
        fc.constantFrom("\n\n", "\n", ". ", " ", "word ", "—", "\n \n\n"),
        fc.constant("x".repeat(2_500)),
        fc.constant(" ".repeat(2_500)),
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join(""));

  it("gives pieces that are the story again, none blank behind another, and none through a character", () => {
    fc.assert(
      fc.property(story, (text) => {
        const pieces = storyPassages(text).map((piece) => piece.text);
        expect(pieces.join("")).toBe(text);
        for (const piece of pieces.slice(1)) expect(piece.trim()).not.toBe("");
        for (const piece of pieces.slice(0, -1)) expect(piece).not.toMatch(/[\ud800-\udbff]$/);
      }),
    );
  });

  it("ends a piece after a paragraph where one ends in its second half, else after a line, a sentence, a word", () => {
    const first = (seam: string) =>
      storyPassages(`${"a".repeat(1_500)}${seam}${"b".repeat(1_500)}`)[0]!.text.length;
    expect(["\n\n", "\n", ". ", " ", ""].map(first)).toEqual([1_502, 1_501, 1_502, 1_501, 2_000]);
    const late = `${"a".repeat(1_200)}\n\n${"b".repeat(300)}. ${"c".repeat(1_500)}`;
    expect(storyPassages(late)[0]!.text).toBe(`${"a".repeat(1_200)}\n\n`);
  });
});

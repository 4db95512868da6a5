import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dialogueOf,
  solvedDialogue,
  splitPassages,
  splitSolvedDialogues,
} from "../../src/datasets/schemas/longbench-text.js";

describe("splitPassages", () => {
  it("cuts at the headings in their order and keeps every other character", () => {
    expect(splitPassages("Passage 1:\nOne\ntext\n\nPassage 2:\nTwo\n\n\nPassage 3:\nThree\n")).toEqual([
      "One\ntext\n\n",
      "Two\n\n\n",
      "Three\n",
    ]);
  });

  it("takes a heading out of its order for text", () => {
    expect(splitPassages("Passage 1:\nsee\nPassage 7:\nand Passage 2:\nPassage 2:\n")).toEqual([
      "see\nPassage 7:\nand Passage 2:\n",
      "",
    ]);
  });

  it("refuses a context without the first heading", () => {
    expect(() => splitPassages("Some text\nPassage 1:\n")).toThrow('does not begin with "Passage 1:"');
  });

  it("gives the context again when the headings are put back", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "\n", " ", "Passage 2:", "Passage 3:\n") });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (texts) => {
        const context = texts.map((piece, index) => `Passage ${index + 1}:\n${piece}`).join("\n");
        const again = splitPassages(context).map((piece, index) => `Passage ${index + 1}:\n${piece}`);
        expect(again.join("")).toBe(context);
      }),
    );
  });
});

describe("splitSolvedDialogues", () => {
  const two = `${solvedDialogue("A: hi\r\nB: hello", "They greet.")}\n${solvedDialogue("C: bye", "C leaves.")}`;

  it("gives one piece a dialogue, which joined are the text again", () => {
    const pieces = splitSolvedDialogues(two);
    expect(pieces).toEqual([
      "Dialogue: A: hi\r\nB: hello\nSummary: They greet.\n",
      "Dialogue: C: bye\nSummary: C leaves.",
    ]);
    expect(pieces.join("")).toBe(two);
  });

  it("does not cut at a line of a dialogue that begins with the word", () => {
    expect(splitSolvedDialogues("Dialogue: A: look\nDialogue: is a word\nSummary: None.")).toHaveLength(1);
  });

  it("has nothing to cut in an empty context, and refuses one of another kind", () => {
    expect(splitSolvedDialogues("")).toEqual([]);
    expect(() => splitSolvedDialogues("Text: x\nSummary: y")).toThrow('does not begin with "Dialogue:"');
  });
});

describe("dialogueOf", () => {
  it("takes the dialogue out of an unsolved one", () => {
    expect(dialogueOf("Dialogue: A: hi\nB: Summary: no\nSummary: ")).toBe("A: hi\nB: Summary: no");
  });

  it("refuses a solved one", () => {
    expect(() => dialogueOf("Dialogue: A: hi\nSummary: They greet.")).toThrow("Dialogue: … Summary:");
  });
});

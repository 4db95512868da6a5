import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerInTag, askInTag } from "../../src/prompts/answer-tag.js";

describe("answerInTag", () => {
  it("finds what stands in the last tag, whatever stands before and behind", () => {
    const text = fc.string().map((some) => some.replaceAll("<", "("));
    fc.assert(
      fc.property(text, text, text, (before, inside, behind) => {
        const output = `${before}<answer>other</answer>${before}<answer>${inside}</answer>${behind}`;
        expect(answerInTag(output, "answer")).toBe(inside.trim());
      }),
    );
  });

  it.each([
    ["", null],
    ["<answer>", null],
    ["</answer><answer>", null],
    ["<Answer>a</Answer>", null],
    ["<answer></answer>", ""],
    ["<answer>a</answer> <answer>b", "a"],
    ["<answer>a <answer>b</answer>", "b"],
  ])("of %j is %j", (output, answer) => {
    expect(answerInTag(output, "answer")).toBe(answer);
  });
});

describe("askInTag", () => {
  it("changes the question alone, behind the space that parts it from the chunks", () => {
    const prompt = { prefix: "p", chunks: ["a", "b"], question: "\n\nQuestion: who?" };
    const { question, ...rest } = askInTag(prompt, "out");
    expect(rest).toEqual({ prefix: "p", chunks: ["a", "b"] });
    expect(question).toMatch(/^\n\nThink.*<out> and <\/out>\.\nQuestion: who\?$/);
  });
});

import { describe, expect, it } from "vitest";
import { readMessageText } from "../../../src/client/event/event-meaning.js";

describe("the text of a message", () => {
  const thought = { google: { thought: true } };
  it.each([
    { reasoning_content: "hm" },
    { reasoning: "hm" },
    { thinking: "hm" },
    { reasoning_text: "hm" },
    { reasoning: { text: "hm" } },
    {
      reasoning_details: [
        { type: "reasoning.text", text: "h" },
        { type: "reasoning.text", text: "m" },
      ],
    },
    { reasoning_details: [{ type: "reasoning.summary", summary: "hm" }] },
    // LiteLLM says the same twice.
    { reasoning_content: "hm", thinking_blocks: [{ type: "thinking", thinking: "hm" }] },
    { thinking_blocks: [{ type: "thinking", thinking: "hm" }] },
    { reasoning: "hm", reasoning_details: [{ type: "reasoning.text", text: "hm" }] },
    { content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] },
    { content: [{ type: "thinking", thinking: "hm" }] },
    { content: [{ type: "reasoning", text: "hm" }] },
    { content: "hm", extra_content: thought },
    { content: [{ type: "text", text: "hm", extra_content: thought }] },
    { content: [{ text: "hm", thought: true }] },
  ])("is a thought in %j", (message) => {
    expect(readMessageText(message)).toEqual({ content: "", reasoning: "hm", hasOther: false });
  });

  it("may be both", () => {
    const parts = [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "Hi" },
    ];
    expect(readMessageText({ content: parts })).toEqual({ content: "Hi", reasoning: "hm", hasOther: false });
    expect(readMessageText({ content: "Hi", reasoning_content: "hm" })).toMatchObject({
      content: "Hi",
      reasoning: "hm",
    });
  });

  it.each([
    {},
    { content: null, reasoning: null, reasoning_details: [], tool_calls: [] },
    { content: "", reasoning_details: [{ type: "reasoning.encrypted", data: "x" }] },
    { content: [{ type: "thinking", thinking: [] }], extra_content: { google: { thought: false } } },
    { content: 7, reasoning: { effort: 1 }, refusal: null },
  ])("may be nothing (%j)", (message) => {
    expect(readMessageText(message)).toEqual({ content: "", reasoning: "", hasOther: false });
  });

  it.each([
    { tool_calls: [{}] },
    { function_call: {} },
    { refusal: "no" },
  ])("has tokens of other kinds in %j", (message) => {
    expect(readMessageText(message)).toEqual({ content: "", reasoning: "", hasOther: true });
  });
});

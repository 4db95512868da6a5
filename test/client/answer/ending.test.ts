import { describe, expect, it } from "vitest";
import { readWholeAnswer, type Streamed, streamEnding } from "../../../src/client/answer/ending.js";

/** A stream that ended well, but for what is different. */
const ending = (different: Partial<Streamed>, isWhole = true) =>
  streamEnding(
    {
      ...{ hasContent: true, hasReasoning: false, hasToken: true },
      ...{ finishReason: "stop", events: 3, done: true, failure: null },
      ...different,
    },
    isWhole,
  );
const NOTHING = { hasContent: false, hasToken: false };
const OK = { outcome: "ok", remark: null };

describe("a stream", () => {
  it("is over with [DONE], or with a finish_reason and the whole response", () => {
    expect(ending({}, false)).toEqual(OK);
    expect(ending({ finishReason: null }, false)).toEqual(OK);
    expect(ending({ done: false }, true)).toEqual(OK);
    expect(ending({ done: false }, false)).toBeNull();
    expect(ending({ done: false, finishReason: null }, true)).toBeNull();
  });

  it.each([
    ['{"error":{"message":"engine died"}}', "engine died."],
    ['{"error":{"message":""}}', "it does not say which."],
    ["", "it does not say which."],
  ])("with an error in it failed, whatever else came: %j", (data, said) => {
    expect(ending({ failure: { kind: "error", data } })).toEqual({
      outcome: "error",
      failure: "error in stream",
      error: `The server reported an error in event 3 of the stream: ${said}`,
    });
  });

  it("with what is no event of OpenAI's was not understood", () => {
    expect(ending({ failure: { kind: "not understood", data: "<html>" } })).toEqual({
      outcome: "error",
      failure: "not understood",
      error: "Event 3 of the stream is not a JSON object: <html>.",
    });
  });

  it("whose finish_reason tells of a failure was given up, also without [DONE]", () => {
    for (const done of [true, false])
      expect(ending({ done, finishReason: "abort" }, false)).toEqual({
        outcome: "error",
        failure: "given up",
        error: 'The server gave up on the answer: finish_reason "abort".',
      });
  });

  it("without a token is an answer only where a finish_reason says that the model ended it", () => {
    expect(ending({ ...NOTHING, finishReason: null, events: 1 })).toEqual({
      outcome: "error",
      failure: "no content",
      error:
        "The stream ended well but held no token (1 event) and no finish_reason: nothing shows that the model answered.",
    });
    expect(ending(NOTHING)).toEqual({
      outcome: "ok",
      remark: 'The answer is empty (finish_reason "stop").',
    });
  });

  it("without content says what it has in its place, and why", () => {
    const remark = (different: Partial<Streamed>) => ending({ ...NOTHING, hasToken: true, ...different });
    expect(remark({ finishReason: null, hasReasoning: true })).toEqual({
      outcome: "ok",
      remark: "The answer has reasoning but no content.",
    });
    expect(remark({ finishReason: "tool_calls" })).toEqual({
      outcome: "ok",
      remark: 'The answer has no content, only a tool call or a refusal (finish_reason "tool_calls").',
    });
    for (const finishReason of ["length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_length"])
      expect(remark({ finishReason, hasReasoning: true })).toEqual({
        outcome: "ok",
        remark:
          `The answer has reasoning but no content (finish_reason "${finishReason}"): it used up its output tokens ` +
          "first; allow more with --max_tokens (maxTokens).",
      });
  });
});

describe("an answer in one piece", () => {
  const whole = (choice: object, more: object = {}) =>
    readWholeAnswer(JSON.stringify({ choices: [choice], ...more }));

  it("gives its content in bytes, of a chat and of a completion", () => {
    const said = { ending: OK, finishReason: "stop", contentBytes: 5 };
    expect(whole({ message: { content: "grün" }, finish_reason: "stop" })).toMatchObject(said);
    expect(whole({ text: "grün", finish_reason: "stop" })).toMatchObject(said);
  });

  it("is judged by the rule of streams", () => {
    expect(whole({ message: { content: "" }, finish_reason: "length" }).ending).toMatchObject({
      outcome: "ok",
      remark: expect.stringMatching(/^The answer is empty \(finish_reason "length"\): it used up/),
    });
    expect(whole({ message: { content: "" } }).ending).toEqual({
      outcome: "error",
      failure: "no content",
      error:
        "The answer was well formed but held no token and no finish_reason: nothing shows that the model answered.",
    });
    expect(whole({ message: { content: "Hi" }, finish_reason: "content_filter" }).ending).toMatchObject({
      failure: "given up",
    });
  });

  it("has a token where it has content, reasoning or a tool call, and none without", () => {
    const messages = [
      { content: "Hi" },
      { reasoning_content: "Hm" },
      { tool_calls: [{ function: { name: "f", arguments: "{}" } }] },
    ];
    for (const message of messages) expect(whole({ message, finish_reason: "stop" }).hasToken).toBe(true);
    expect(whole({ message: {}, finish_reason: "stop" }).hasToken).toBe(false);
  });

  it("with an error failed by it, and has the content that came all the same", () => {
    const { ending, contentBytes } = whole({ text: "Hi" }, { error: { message: "engine died" } });
    expect(contentBytes).toBe(2);
    expect(ending).toEqual({
      outcome: "error",
      failure: "error in answer",
      error: "The server reported an error in its answer: engine died.",
    });
  });

  it.each(["[]", "null", "{}", '{"choices":{}}', "Welcome"])("is none without choices: %s", (body) => {
    expect(readWholeAnswer(body)).toMatchObject({
      ending: { outcome: "error", failure: "not understood" },
      finishReason: null,
      contentBytes: null,
    });
  });
});

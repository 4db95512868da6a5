import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import type { TimedCompletion } from "../../src/client/request.js";
import {
  chunk,
  DONE,
  delta,
  event,
  LAST_CHUNK,
  ROLE,
  type Script,
  STREAM_HEAD,
  serveChat,
} from "./scripted-server.js";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function chatWith(script: Script): Promise<TimedCompletion> {
  const scripted = await serveChat(script);
  const server = await connect(scripted.url);
  closing.push(
    () => server.close(),
    () => scripted.close(),
  );
  return server.chat({ messages: [{ role: "user", content: "Hi" }] });
}

const word = chunk(delta({ content: "word " }));
const thought = chunk(delta({ reasoning_content: "hm" }));
const usage = (completion_tokens: number, more = {}) =>
  chunk(event({ choices: [], usage: { prompt_tokens: 5, completion_tokens, ...more } }));

describe("the times between the tokens of a chat", () => {
  it("are those of the reads that brought content, and no others", async () => {
    const { itl_seconds, itl_p99_seconds, tpot_seconds, ttft_seconds, e2e_seconds, output_tokens } =
      await chatWith(() => [
        STREAM_HEAD,
        chunk(ROLE),
        word,
        20,
        word,
        20,
        word,
        80,
        word,
        40,
        usage(13),
        chunk(DONE),
        LAST_CHUNK,
      ]);
    // Three gaps, of 120 ms together; a timer may fire a millisecond early, and nothing is said of how late.
    expect(3 * itl_seconds!).toBeGreaterThanOrEqual(0.117);
    expect(3 * itl_seconds!).toBeLessThanOrEqual(e2e_seconds! - ttft_seconds! - 0.039);
    expect(itl_p99_seconds!).toBeGreaterThan(itl_seconds!);
    expect(output_tokens).toBe(13);
    expect(tpot_seconds).toBeCloseTo((3 * itl_seconds!) / 12, 12);
  });

  it("are 0 where one read brought all content, and not known of a single event", async () => {
    const together = await chatWith(() => [
      STREAM_HEAD,
      word + word + word,
      usage(3),
      chunk(DONE),
      LAST_CHUNK,
    ]);
    expect(together).toMatchObject({ itl_seconds: 0, itl_p99_seconds: 0, tpot_seconds: 0 });
    const single = await chatWith(() => [STREAM_HEAD, word, usage(3), chunk(DONE), LAST_CHUNK]);
    expect(single).toMatchObject({ itl_seconds: null, itl_p99_seconds: null, tpot_seconds: null });
  });

  it("leave reasoning out, and its tokens where the server tells them", async () => {
    const script = (last: string) => () => [
      ...[STREAM_HEAD, thought, 30, thought, 30, word, 10, word],
      ...[last, chunk(DONE), LAST_CHUNK],
    ];
    const told = await chatWith(script(usage(10, { completion_tokens_details: { reasoning_tokens: 7 } })));
    expect(told.itl_seconds).toBe(told.itl_p99_seconds);
    expect(told.tpot_seconds).toBeCloseTo(told.itl_seconds! / 2, 12);
    expect(told.itl_seconds!).toBeLessThan(told.ttft_seconds!);
    const silent = await chatWith(script(usage(10)));
    expect(silent.itl_seconds).not.toBeNull();
    expect(silent).toMatchObject({ output_tokens: 10, tpot_seconds: null });
  });

  it.each([
    ["a tool call", delta({ tool_calls: [{ index: 0, function: { arguments: "{}" } }] })],
    ["another choice", event({ choices: [{ index: 1, delta: { content: "other" } }] })],
    ["another choice's reasoning", event({ choices: [{ index: 1, delta: { reasoning: "hm" } }] })],
    ["a refusal", delta({ refusal: "No." })],
  ])("are those of the first choice's content beside %s, whose share of usage nobody tells", async (_, beside) => {
    const { itl_seconds, itl_p99_seconds, ...request } = await chatWith(() => [
      ...[STREAM_HEAD, word, 10, chunk(beside), 10, word, 40, chunk(beside), 40, chunk(beside)],
      ...[usage(50), chunk(DONE), LAST_CHUNK],
    ]);
    expect(request).toMatchObject({ outcome: "ok", output_tokens: 50, tpot_seconds: null });
    expect(itl_seconds).toBe(itl_p99_seconds);
    expect(itl_seconds!).toBeGreaterThanOrEqual(0.018);
    expect(itl_seconds!).toBeLessThan(request.e2e_seconds! - 0.07);
  });

  it("are kept of a stream that was cut, which has no usage", async () => {
    const cut = await chatWith(() => [STREAM_HEAD, word, 20, word, "CLOSE"]);
    expect(cut).toMatchObject({ outcome: "incomplete", tpot_seconds: null });
    expect(cut.itl_seconds!).toBeGreaterThanOrEqual(0.019);
  });

  it("are null where there was no connection", async () => {
    const scripted = await serveChat(() => []);
    const server = await connect(scripted.url);
    await scripted.close();
    const nothing = await server.chat({ messages: [{ role: "user", content: "Hi" }] });
    server.close();
    expect(nothing).toMatchObject({ itl_seconds: null, itl_p99_seconds: null, tpot_seconds: null });
  });
});

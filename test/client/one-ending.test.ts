import { describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { runLoad } from "../../src/load/run-load.js";
import {
  chunk,
  DONE,
  delta,
  event,
  json,
  LAST_CHUNK,
  ROLE,
  STREAM_HEAD,
  type Step,
  serveChat,
  stream,
  usage,
} from "./scripted-server.js";

const HI = delta({ content: "Hi" });
const STOP = delta({}, "stop");
const choice = (fields: object) =>
  event({ choices: [{ index: 0, delta: {}, finish_reason: null, ...fields }] });
const GONE = { code: 502, message: "Provider disconnected" };

const load = { apiKey: "EMPTY", body: { model: "tiny" }, requests: 2, timeoutSeconds: 10, threads: 0 };
const arrivals = { kind: "closed", concurrency: 1 } as const;

/** How the timed client and a load take the same bytes; both of a load's requests must agree. */
async function outcomes(steps: readonly Step[]) {
  const server = await serveChat(() => steps);
  const connection = await connect(server.url);
  try {
    const timed = await connection.chat({ messages: [{ role: "user", content: "Hi" }], maxTokens: 8 });
    const { requests } = await runLoad({ ...load, url: `${server.url}/v1`, mode: "stream", arrivals });
    const [first, second] = requests;
    expect(second).toMatchObject({ outcome: first!.outcome, error: first!.error, chunks: first!.chunks });
    return { timed, loaded: first! };
  } finally {
    connection.close();
    await server.close();
  }
}

describe("one rule says how a stream ended, for the timed client and for a load", () => {
  const head10 = "HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
  const good: Record<string, readonly Step[]> = {
    "whole messages in place of deltas": stream(
      event({ choices: [{ index: 0, message: { content: "Hi" } }] }),
      STOP,
      DONE,
    ),
    "codes of no error": stream(
      event({ code: 0, msg: "ok" }),
      event({ choices: [{ delta: { content: "Hi" } }], base_resp: { status_code: 0, status_msg: "" } }),
      event({ choices: [], errors: [], error_code: 0 }),
      STOP,
      DONE,
    ),
    "[DONE] and the end of the response": stream(ROLE, HI, STOP, DONE),
    "[DONE] without a space, and CRLF": stream(`${ROLE}${HI}${STOP}data:[DONE]\n\n`.replaceAll("\n", "\r\n")),
    "[DONE] without its blank line, then FIN": [
      STREAM_HEAD,
      chunk(ROLE + HI + STOP),
      chunk("data: [DONE]"),
      "CLOSE",
    ],
    "[DONE] and FIN inside the chunked body": [STREAM_HEAD, chunk(ROLE + HI + STOP + DONE), "CLOSE"],
    "[DONE] and RST": [STREAM_HEAD, chunk(ROLE + HI + STOP + DONE), 20, "RESET"],
    "[DONE] in quotes": stream(HI, STOP, 'data: "[DONE]"\n\n'),
    "[DONE] without a finish_reason": stream(ROLE, HI, DONE),
    "a finish_reason and the end of the response, as TGI 2 ends": stream(ROLE, HI, delta({}, "length")),
    "a finish_reason and the end of the connection": [head10, ROLE, HI, STOP, "CLOSE"],
    "a finish_reason that nobody knows": stream(ROLE, HI, delta({}, "repetition_detected"), DONE),
    "Gemini's STOP, and Anthropic's end_turn": stream(HI, delta({}, "STOP"), delta({}, "end_turn"), DONE),
    "NaN and the infinities, which Python writes": stream(
      'data: {"choices":[{"delta":{"content":"Hi"},"logprobs":{"x":-Infinity,"y":NaN}}]}\n\n',
      STOP,
      DONE,
    ),
    "an empty error in every chunk": stream(
      event({ choices: [{ delta: { content: "Hi" } }], error: null }),
      STOP,
      DONE,
    ),
  };
  for (const waiting of [
    "[PING]",
    ": OPENROUTER PROCESSING",
    "[HEARTBEAT]",
    "processing",
    ".",
    "[]",
    "1712345",
    "true",
  ])
    good[`data: ${waiting}, while it waits`] = stream(`data: ${waiting}\n\n`, HI, STOP, DONE);
  it.each(Object.entries(good))("is ok after %s", async (_name, steps) => {
    const { timed, loaded } = await outcomes(steps);
    expect(timed).toMatchObject({
      outcome: "ok",
      error: null,
      text: "Hi",
      total_seconds: expect.any(Number),
    });
    expect(loaded).toMatchObject({ outcome: "ok", failure: null, chunks: 1, content_bytes: 2 });
    expect(loaded.latency_seconds).toEqual(expect.any(Number));
    expect(loaded.finish_reason).toBe(timed.finish_reason);
  });

  const failed: Record<string, readonly [readonly Step[], RegExp]> = {
    "an error in a choice": [
      stream(HI, choice({ finish_reason: "error", error: GONE }), usage(9, 1), DONE),
      /event 2.*: Provider disconnected\.$/,
    ],
    "an error in a choice without a finish_reason": [
      stream(HI, choice({ error: "gone" }), DONE),
      /event 2 of the stream: gone\.$/,
    ],
    "an error in the chunk, then [DONE]": [
      stream(HI, event({ error: GONE }), DONE),
      /Provider disconnected\.$/,
    ],
    "an error beside good choices": [
      stream(event({ choices: [{ delta: { content: "Hi" } }], error: GONE }), STOP, DONE),
      /Provider disconnected\.$/,
    ],
    "an error in a line of its own": [stream(HI, '{"error": {"message": "boom"}}\n\n', DONE), /boom\.$/],
    "an event named error": [stream(HI, 'event: error\ndata: {"message":"boom"}\n\n', DONE), /boom\.$/],
    "an event named error, in text": [stream(HI, "event: error\ndata: boom\n\n", DONE), /boom\.$/],
    "an error without the word, and a code": [
      stream(HI, event({ message: "boom", code: 500 }), DONE),
      /boom\.$/,
    ],
    "MiniMax's base_resp": [
      stream(HI, event({ base_resp: { status_code: 1008, status_msg: "boom" }, choices: null }), DONE),
      /boom\.$/,
    ],
    "Baidu's error_code": [stream(HI, event({ error_code: 18, error_msg: "boom" }), DONE), /boom\.$/],
    "Cloudflare's errors": [
      stream(HI, event({ success: false, errors: [{ code: 1, message: "boom" }] }), DONE),
      /boom\.$/,
    ],
    "Apigee's fault": [stream(HI, event({ fault: { faultstring: "boom" } }), DONE), /boom\.$/],
    "a code and msg": [stream(HI, event({ code: 500, msg: "boom" }), DONE), /boom\.$/],
    "an error in a delta": [
      stream(HI, event({ choices: [{ delta: { error: { message: "boom" } } }] }), DONE),
      /boom\.$/,
    ],
    "FastAPI's detail": [stream(HI, event({ detail: "boom" }), DONE), /boom\.$/],
    "a good reason after a failed one": [stream(HI, delta({}, "abort"), STOP, DONE), /finish_reason "abort"/],
    "a failed reason, then FIN": [
      [STREAM_HEAD, chunk(HI + delta({}, "error")), "CLOSE"],
      /finish_reason "error"/,
    ],
    "no token and no finish_reason": [stream(ROLE, DONE), /held no token \(1 event\) and no finish_reason/],
    "nothing but [DONE]": [stream(DONE), /held no token \(0 events\)/],
    "nothing but usage": [stream(usage(5, 0), DONE), /held no token/],
  };
  for (const reason of [
    "error",
    "abort",
    "content_filter",
    "ABORTED",
    "cancelled",
    "timeout",
    "server_error",
  ])
    failed[`finish_reason ${reason}`] = [
      stream(HI, delta({}, reason), usage(9, 1), DONE),
      /^The server gave the answer up/,
    ];
  it.each(Object.entries(failed))("fails after %s", async (_name, [steps, error]) => {
    const { timed, loaded } = await outcomes(steps);
    expect(timed).toMatchObject({ outcome: "error", error: expect.stringMatching(error) });
    expect(loaded).toMatchObject({
      outcome: "error",
      error: timed.error,
      finish_reason: timed.finish_reason,
    });
  });

  const cut: Readonly<Record<string, readonly Step[]>> = {
    "a finish_reason and FIN inside the chunked body": [STREAM_HEAD, chunk(ROLE + HI + STOP), "CLOSE"],
    "a finish_reason and RST": [STREAM_HEAD, chunk(ROLE + HI + STOP), 20, "RESET"],
    "neither, at the end of the response": stream(ROLE, HI),
    "neither, and FIN": [head10, ROLE, HI, "CLOSE"],
    "half of [DONE]": [STREAM_HEAD, chunk(`${ROLE + HI}data: [DON`), LAST_CHUNK],
  };
  it.each(Object.entries(cut))("is incomplete after %s", async (_name, steps) => {
    const { timed, loaded } = await outcomes(steps);
    expect([timed.outcome, loaded.outcome]).toEqual(["incomplete", "incomplete"]);
    expect(timed.text).toBe("Hi");
  });
});

describe("an answer without content", () => {
  const answers: Readonly<Record<string, readonly [readonly Step[], RegExp]>> = {
    "an end token at once": [
      stream(delta({ content: "" }, "stop"), usage(5, 1), DONE),
      /^The answer is empty \(finish_reason "stop"\)\.$/,
    ],
    "no [DONE] either": [stream(ROLE, STOP), /^The answer is empty/],
    "one token that is no text": [
      stream(ROLE, delta({ content: "" }, "length"), usage(5, 1), DONE),
      /used up before; allow more with --max_tokens \(maxTokens\)\.$/,
    ],
    "thoughts that took all tokens": [
      stream(ROLE, delta({ reasoning: "hm" }), delta({}, "length"), DONE),
      /^The answer has reasoning but no content \(finish_reason "length"\): .*--max_tokens/,
    ],
    "thoughts alone": [
      stream(delta({ reasoning: "hm" }), STOP, DONE),
      /^The answer has reasoning but no content \(finish_reason "stop"\)\.$/,
    ],
    "a tool call": [
      stream(delta({ tool_calls: [{ index: 0, function: { name: "f" } }] }), delta({}, "tool_calls"), DONE),
      /only a tool call or a refusal/,
    ],
  };
  it.each(Object.entries(answers))("is an answer with no TTFT that says so: %s", async (_name, [
    steps,
    remark,
  ]) => {
    const { timed, loaded } = await outcomes(steps);
    expect(timed).toMatchObject({ outcome: "ok", error: null, text: "", ttft_seconds: null });
    expect(timed.remark).toMatch(remark);
    expect(loaded).toMatchObject({
      outcome: "ok",
      failure: null,
      chunks: 0,
      content_bytes: 0,
      ttft_seconds: null,
    });
  });
});

describe("heartbeats", () => {
  const beats = {
    "empty data": "data:\n\ndata: \n\n",
    "empty data in CRLF": "data:\r\n\r\n",
    comments: ": ping\n\n:\n\n: OPENROUTER PROCESSING\n\n",
    "retry and id alone": "retry: 3000\n\nid: 1\n\nid: 2\nretry: 5\n\n",
    "named events": "event: ping\ndata: {}\n\nevent: heartbeat\ndata: ping\n\nevent: keepalive\ndata:\n\n",
    "named events with JSON":
      'event: ping\ndata: {"type":"ping"}\n\nevent: queue\ndata: {"message":"3 before you"}\n\n',
    "words and null": "data: ping\n\ndata: null\n\ndata: keep-alive\n\n",
    "JSON without choices": 'data: {"type":"ping"}\n\ndata: {}\n\n',
  };
  it.each(
    Object.entries(beats),
  )("count for nothing, in no time and in no number: %s", async (_name, beat) => {
    const { timed, loaded } = await outcomes([
      STREAM_HEAD,
      chunk(beat),
      40,
      chunk(beat + HI + beat + STOP + DONE),
      LAST_CHUNK,
    ]);
    expect(timed).toMatchObject({ outcome: "ok", text: "Hi", remark: null });
    expect(timed.first_event_seconds).toBe(timed.ttft_seconds);
    expect(timed.first_event_seconds! - timed.first_byte_seconds!).toBeGreaterThan(0.03);
    expect(loaded).toMatchObject({ outcome: "ok", chunks: 1 });
    expect(loaded.ttft_seconds! - loaded.first_byte_seconds!).toBeGreaterThan(0.03);
  });

  it("alone are no answer", async () => {
    const { timed, loaded } = await outcomes(stream("event: ping\ndata: {}\n\n"));
    expect([timed.outcome, loaded.outcome]).toEqual(["error", "error"]);
    expect(timed.error).toMatch(/^No event of the stream is a chunk of a completion; it begins "event: ping/);
  });

  it("are not what carries choices, whatever its name", async () => {
    const { timed, loaded } = await outcomes(
      stream(`event: completion\n${HI}`, `event: delta\n${STOP}`, "event: end\ndata: [DONE]\n\n"),
    );
    expect(timed).toMatchObject({ outcome: "ok", text: "Hi", finish_reason: "stop" });
    expect(loaded).toMatchObject({ outcome: "ok", chunks: 1, finish_reason: "stop" });
  });
});

describe("a whole answer", () => {
  const whole = async (answer: unknown) => {
    const server = await serveChat(() => [json(answer)]);
    try {
      const { requests } = await runLoad({ ...load, url: `${server.url}/v1`, mode: "chat", arrivals });
      const [first, second] = requests;
      expect(second).toMatchObject({ outcome: first!.outcome, finish_reason: first!.finish_reason });
      return first!;
    } finally {
      await server.close();
    }
  };
  const message = (content: unknown, more: object = {}) => ({
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop", ...more }],
  });

  it.each([
    ["stop", message("né"), 3],
    ["stop", message(""), 0],
    ["stop", message(null), 0],
    ["length", { choices: [{ text: "ab", finish_reason: "length" }] }, 2],
    ["tool_calls", { choices: [{ message: { tool_calls: [{}] }, finish_reason: "tool_calls" }] }, 0],
    [null, message("Hi", { finish_reason: null }), 2],
    ["whatever", message([{ type: "text", text: "Hi" }], { finish_reason: "whatever" }), 2],
  ])("that ends well is ok, with its finish_reason and its length (%s)", async (finish_reason, answer, content_bytes) => {
    expect(await whole(answer)).toMatchObject({ outcome: "ok", error: null, finish_reason, content_bytes });
  });

  it.each([
    ["error in answer", message("Hi", { finish_reason: "error", error: GONE }), /Provider disconnected\.$/],
    ["error in answer", { ...message("Hi"), error: GONE }, /Provider disconnected\.$/],
    ["given up", message("Hi", { finish_reason: "content_filter" }), /finish_reason "content_filter"\.$/],
    ["given up", message("", { finish_reason: "SAFETY" }), /finish_reason "SAFETY"\.$/],
    ["no content", { choices: [] }, /held no token and no finish_reason/],
    ["no content", message("", { finish_reason: null }), /held no token and no finish_reason/],
    ["not understood", { choices: null }, /no chat completion/],
    ["not understood", { error: GONE }, /Provider disconnected$/],
  ])("fails by the rule of streams: %s", async (failure, answer, error) => {
    expect(await whole(answer)).toMatchObject({
      outcome: "error",
      failure,
      error: expect.stringMatching(error),
    });
  });
});

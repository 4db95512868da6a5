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
  serveScript,
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
async function outcomes(steps: readonly Step[] | undefined, timeoutSeconds = 10) {
  const server = await serveChat(() => steps);
  const connection = await connect(server.url, { timeoutSeconds });
  try {
    const timed = await connection.chat({ messages: [{ role: "user", content: "Hi" }], maxTokens: 8 });
    const url = `${server.url}/v1`;
    const { requests } = await runLoad({ ...load, timeoutSeconds, url, mode: "stream", arrivals });
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
      e2e_seconds: expect.any(Number),
    });
    expect(loaded).toMatchObject({ outcome: "ok", failure: null, chunks: 1, content_bytes: 2 });
    expect(loaded.e2e_seconds).toEqual(expect.any(Number));
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
      /^The server gave up on the answer/,
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
    expect(loaded.error).toBe(timed.error);
    expect(timed.text).toBe("Hi");
  });
});

describe("a failure is told in the same words, whichever client met it", () => {
  const answer = (status: string, body: string, headers = ""): string =>
    `HTTP/1.1 ${status}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const endings: Readonly<Record<string, readonly [readonly Step[], outcome: string, words: RegExp]>> = {
    "an end before any byte": [["CLOSE"], "error", /closed the connection without an answer/],
    "a reset before any byte": [["RESET"], "error", /broke the connection \(ECONNRESET\) without an answer/],
    "an end inside the head": [
      ["HTTP/1.1 200 OK\r\ncontent-ty", "CLOSE"],
      "incomplete",
      /before \[DONE\]\.$/,
    ],
    "an end behind the head": [[STREAM_HEAD, "CLOSE"], "incomplete", /closed before \[DONE\]\.$/],
    "an end behind a role": [[STREAM_HEAD, chunk(ROLE), "CLOSE"], "incomplete", /, after 1 event\.$/],
    "an end behind content": [
      [STREAM_HEAD, chunk(ROLE + HI), "CLOSE"],
      "incomplete",
      /, after 2 events, the first token among them\.$/,
    ],
    "a reset behind content": [
      [STREAM_HEAD, chunk(HI), 20, "RESET"],
      "incomplete",
      /broke \(ECONNRESET\) before \[DONE\], after 1 event, the first token among them\.$/,
    ],
    "broken chunks": [
      [STREAM_HEAD, chunk(HI), "zz\r\n"],
      "incomplete",
      /^The response broke off: .*among them\.$/,
    ],
    "another protocol": [
      ["SSH-2.0-OpenSSH_9.6\r\n"],
      "error",
      /does not speak HTTP\/1\.1 .*begins "SSH-2\.0/,
    ],
    "a TLS record": [[Buffer.from([21, 3, 3, 0, 2, 2, 40])], "error", /speaks TLS: use https:/],
    "two lengths": [["HTTP/1.1 200 OK\r\ncontent-length: 5, 6\r\n\r\n"], "error", /does not speak HTTP/],
    "a head without an end": [
      [`HTTP/1.1 200 OK\r\nx: ${"y".repeat(300_000)}`],
      "error",
      /more than this client reads/,
    ],
    "a status with OpenAI's error": [
      [json({ error: GONE }, "500 Oops")],
      "error",
      /^HTTP 500: Provider disconnected\.$/,
    ],
    "a status with a page": [[answer("502 Bad Gateway", "<h1>gone</h1>")], "error", /^HTTP 502: gone\.$/],
    "a status without a word": [[answer("503 Unavailable", "")], "error", /^HTTP 503: Unavailable\.$/],
    "a status whose body is cut": [
      ["HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nnot all", "CLOSE"],
      "error",
      /^HTTP 500: not all\.$/,
    ],
    "a redirect": [
      [answer("307 Moved", "", "location: http://other/v1\r\n")],
      "error",
      /redirects to http:\/\/other/,
    ],
    "an empty body": [[answer("200 OK", "")], "error", /empty body instead of an event stream\.$/],
    "no content": [["HTTP/1.1 204 No Content\r\n\r\n"], "error", /empty body instead of an event stream\.$/],
    "a page": [
      [answer("200 OK", "<html>hi</html>")],
      "error",
      /^The server did not answer with an event stream/,
    ],
    "JSON of another kind": [
      [json({ error: GONE })],
      "error",
      /JSON instead of an event stream: Provider dis/,
    ],
    "JSON that is no object": [
      [answer("200 OK", '"queued"')],
      "error",
      /JSON instead of an event stream: queued\.$/,
    ],
    "an answer in one piece": [
      [json({ choices: [] })],
      "error",
      /in one piece although a stream was requested/,
    ],
    "events of no kind": [
      stream("event: ping\ndata: {}\n\n"),
      "error",
      /^The stream contains no completion chunk/,
    ],
    "an event that is not JSON": [
      stream(HI, "data: oops\n\n"),
      "error",
      /^Event 2 of the stream is not a JSON/,
    ],
  };
  it.each(Object.entries(endings))("of %s", async (_name, [steps, outcome, words]) => {
    const { timed, loaded } = await outcomes(steps);
    expect(timed).toMatchObject({ outcome, error: expect.stringMatching(words) });
    expect(loaded).toMatchObject({ outcome, error: timed.error });
    expect(loaded.status).toBe(timed.status);
  });

  const silences: Readonly<Record<string, readonly [readonly Step[] | undefined, RegExp]>> = {
    "silence from the beginning": [undefined, /timeoutSeconds\)\.$/],
    "half a head": [["HTTP/1.1 200 OK\r\n"], /; what it sent is not a complete response head\.$/],
    "a head alone": [[STREAM_HEAD], /; what it sent contains no event\.$/],
    "signs of life alone": [[STREAM_HEAD, chunk(": ping\n\n")], /; what it sent contains no event\.$/],
    "a role alone": [[STREAM_HEAD, chunk(ROLE)], /timeoutSeconds\), after 1 event\.$/],
    "a stream that stalls": [
      [STREAM_HEAD, chunk(ROLE + HI)],
      /, after 2 events, the first token among them\.$/,
    ],
  };
  it.each(Object.entries(silences))("of %s", async (_name, [steps, words]) => {
    const { timed, loaded } = await outcomes(steps, 0.2);
    expect(timed).toMatchObject({ outcome: "timeout", error: expect.stringMatching(words) });
    expect(loaded).toMatchObject({ outcome: "timeout", failure: "timeout", error: timed.error });
  });

  it("of a server that is gone", async () => {
    const server = await serveChat(() => stream(HI, STOP, DONE));
    const connection = await connect(server.url);
    await server.close();
    const timed = await connection.chat({ messages: [{ role: "user", content: "Hi" }] });
    connection.close();
    const url = `${server.url}/v1`;
    const { requests } = await runLoad({ ...load, url, mode: "stream", arrivals });
    expect(timed).toMatchObject({ outcome: "error", error: expect.stringMatching(/^Nothing listens at/) });
    expect(requests[0]).toMatchObject({ outcome: "error", failure: "not connected", error: timed.error });
  });

  it("of what is asked outside timed requests", async () => {
    const listed = async (steps: readonly Step[]) => {
      const server = await serveScript(() => steps);
      try {
        return await connect(server.url).catch((error: Error) => error.message.replaceAll(server.url, "URL"));
      } finally {
        await server.close();
      }
    };
    const asked = "the answer to GET URL/v1/models";
    expect(await listed(["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", "CLOSE"])).toContain(
      `The connection closed before the end of ${asked}.`,
    );
    expect(await listed(["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", 20, "RESET"])).toContain(
      `The connection broke (ECONNRESET) before the end of ${asked}.`,
    );
    expect(await listed([STREAM_HEAD, "zz\r\n"])).toContain(
      `The response broke off: a chunk has no size in ${asked}.`,
    );
    expect(await listed([answer("200 OK", "abcd", "content-encoding: gzip\r\n")])).toContain(
      `The server compressed ${asked} although nothing asked for that, and it can't be read (gzip: incorrect header check).`,
    );
  });
});

it("tells apart only what a load does not do: it unpacks no body", async () => {
  const packed = (body: string) => [
    `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  ];
  const { timed, loaded } = await outcomes(packed("abcd"));
  const words =
    /^The server compressed the body although nothing asked for that, and it can't be read \(gzip: (.*)\)\.$/;
  expect(words.exec(timed.error!)?.[1]).toBe("incorrect header check");
  expect(words.exec(loaded.error!)?.[1]).toBe("under load, none is unpacked");
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
      /used up its output tokens first; allow more with --max_tokens \(maxTokens\)\.$/,
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
    expect(timed.error).toMatch(/^The stream contains no completion chunk; it begins "event: ping/);
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
    ["not understood", { choices: null }, /JSON instead of a chat completion: \{"choices":null\}\.$/],
    ["not understood", { error: GONE }, /JSON instead of a chat completion: Provider disconnected\.$/],
  ])("fails by the rule of streams: %s", async (failure, answer, error) => {
    expect(await whole(answer)).toMatchObject({
      outcome: "error",
      failure,
      error: expect.stringMatching(error),
    });
  });
});

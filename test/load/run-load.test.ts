import { describe, expect, it } from "vitest";
import type { RepeatedLoad } from "../../src/load/load-plan.js";
import { runLoad } from "../../src/load/run-load.js";
import {
  chunk,
  DONE,
  delta,
  event,
  json,
  LAST_CHUNK,
  ROLE,
  type Script,
  STREAM_HEAD,
  serveScript,
  stream,
  usage,
} from "../client/scripted-server.js";

const KEY = "sk-0123456789abcdef";
const COMPLETION = {
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
};

/** Ten requests, two at a time, to a server that answers by a script. */
async function load(script: Script, plan: Partial<RepeatedLoad> = {}) {
  const server = await serveScript(script);
  try {
    const result = await runLoad({
      url: `${server.url}/v1`,
      apiKey: KEY,
      mode: "stream",
      body: { model: "tiny", messages: [{ role: "user", content: "Hi" }] },
      requests: 10,
      arrivals: { kind: "closed", concurrency: 2 },
      timeoutSeconds: 20,
      threads: 0,
      ...plan,
    });
    return { ...result, server };
  } finally {
    await server.close();
  }
}

const GOOD = stream(
  ROLE,
  delta({ content: "a" }),
  delta({ content: "b" }),
  delta({}, "stop"),
  usage(3, 2),
  DONE,
);

describe("a load", () => {
  it("asks for streams and reads them to their last byte, over connections that it keeps", async () => {
    const { requests, seconds, server } = await load(() => GOOD);
    expect(server.connections).toBe(2);
    expect(server.requests).toHaveLength(10);
    for (const { path, body, headers } of server.requests) {
      expect(path).toBe("/v1/chat/completions");
      expect(JSON.parse(body)).toEqual({
        model: "tiny",
        messages: [{ role: "user", content: "Hi" }],
        stream: true,
      });
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
    }
    expect(requests).toHaveLength(10);
    for (const request of requests) {
      expect(request).toMatchObject({
        outcome: "ok",
        error: null,
        failure: null,
        status: 200,
        chunks: 2,
        connect_seconds: 0,
        overhead_header_seconds: null,
        first_lag_seconds: null,
        coalesced_chunks: null,
        coalesced_at_start_chunks: null,
      });
      expect(request.first_byte_seconds).toBeLessThanOrEqual(request.ttft_seconds!);
      expect(request.ttft_seconds).toBeLessThanOrEqual(request.e2e_seconds!);
      expect(request.wait_seconds).toBeGreaterThanOrEqual(0);
    }
    const starts = requests.map(({ started_at }) => Date.parse(started_at!));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(seconds).toBeGreaterThan(Math.max(...requests.map(({ e2e_seconds }) => e2e_seconds!)));
  });

  it("tells how the tokens of each stream followed each other, and how many usage counts", async () => {
    const word = chunk(delta({ content: "word " }));
    const { requests } = await load(
      () => [STREAM_HEAD, chunk(ROLE), word, 20, word, 60, word, chunk(usage(3, 9)), chunk(DONE), LAST_CHUNK],
      { requests: 6 },
    );
    for (const { itl_seconds, itl_p99_seconds, tpot_seconds, ...request } of requests) {
      // Two gaps, of 80 ms together, the longer one of 60; timers may fire a millisecond early.
      expect(2 * itl_seconds!).toBeGreaterThanOrEqual(0.078);
      expect(2 * itl_seconds!).toBeLessThanOrEqual(request.e2e_seconds! - request.ttft_seconds! + 1e-9);
      expect(itl_p99_seconds!).toBeGreaterThan(itl_seconds!);
      expect(request.output_tokens).toBe(9);
      expect(tpot_seconds).toBeCloseTo((2 * itl_seconds!) / 8, 12);
    }
  });

  it("tells nothing of the tokens that did not come, or that nobody counted", async () => {
    const together = delta({ content: "a" }) + delta({ content: "b" });
    const { requests } = await load(() => stream(together, DONE), { requests: 2 });
    const none = { tpot_seconds: null, output_tokens: null };
    for (const request of requests)
      expect(request).toMatchObject({ itl_seconds: 0, itl_p99_seconds: 0, ...none });
    const single = await load(() => stream(delta({ content: "a" }), usage(3, 9), DONE), { requests: 2 });
    for (const request of single.requests) {
      expect(request).toMatchObject({ itl_seconds: null, itl_p99_seconds: null, tpot_seconds: null });
      expect(request.output_tokens).toBe(9);
    }
  });

  it("tells the times of the first choice, and none per token where other tokens share usage", async () => {
    const word = chunk(delta({ content: "word " }));
    for (const beside of [
      event({ choices: [{ index: 1, delta: { content: "other" } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: "{}" } }] }),
    ]) {
      const { requests } = await load(
        () => [
          STREAM_HEAD,
          word,
          chunk(beside),
          20,
          word,
          40,
          chunk(beside),
          chunk(usage(3, 9) + DONE),
          LAST_CHUNK,
        ],
        { requests: 4 },
      );
      for (const { itl_seconds, itl_p99_seconds, ...request } of requests) {
        expect(request).toMatchObject({ outcome: "ok", output_tokens: 9, tpot_seconds: null });
        expect(itl_seconds).toBe(itl_p99_seconds);
        expect(itl_seconds!).toBeLessThan(request.e2e_seconds! - 0.035);
      }
    }
  });

  it("counts the tokens of whole answers, which have no times between them", async () => {
    const counted = { ...COMPLETION, usage: { prompt_tokens: 3, completion_tokens: 7 } };
    const { requests } = await load(() => [json(counted)], { mode: "chat" });
    for (const request of requests) {
      expect(request).toMatchObject({ output_tokens: 7, itl_seconds: null, itl_p99_seconds: null });
      expect(request.tpot_seconds).toBeNull();
    }
  });

  it("asks for whole answers without a stream", async () => {
    const { requests, server } = await load(() => [json(COMPLETION)], { mode: "chat" });
    expect(JSON.parse(server.requests[0]!.body)).not.toHaveProperty("stream");
    for (const request of requests) {
      expect(request).toMatchObject({ outcome: "ok", status: 200, ttft_seconds: null, chunks: null });
    }
  });

  it("reads what the proxy says it added", async () => {
    const header = (value: string) => `x-litellm-overhead-duration-ms: ${value}\r\n`;
    const values = ["12.5", "", "n/a"];
    const { requests } = await load(
      ({ body: _ }) => [json(COMPLETION, "200 OK", header(values.shift() ?? "0"))],
      { mode: "chat", requests: 4, arrivals: { kind: "closed", concurrency: 1 } },
    );
    expect(requests.map((request) => request.overhead_header_seconds)).toEqual([0.0125, null, null, 0]);
  });
});

describe("a failure under load", () => {
  const failures: Record<string, { answer: Script; mode?: "chat"; expected: object; error: RegExp }> = {
    "a status": {
      answer: () => [json({ error: { message: `no quota for ${KEY}` } }, "429 Too Many Requests")],
      expected: { outcome: "error", failure: "bad status", status: 429, ttft_seconds: null, chunks: null },
      error: /^HTTP 429: no quota for \[redacted\]\.$/,
    },
    "a reset before any byte": {
      answer: () => ["RESET"],
      expected: { outcome: "error", failure: "reset", status: null, e2e_seconds: null },
      error: /broke the connection \(ECONNRESET\) without an answer/,
    },
    "a reset in the stream": {
      answer: () => [STREAM_HEAD, chunk(delta({ content: "a" })), 20, "RESET"],
      expected: { outcome: "incomplete", failure: "reset", status: 200, chunks: 1, e2e_seconds: null },
      error:
        /^The connection broke \(ECONNRESET\) before \[DONE\], after 1 event, the first token among them\.$/,
    },
    "a stream cut by the end of the connection": {
      answer: () => [STREAM_HEAD, chunk(ROLE), chunk(delta({ content: "a" })), "CLOSE"],
      expected: {
        outcome: "incomplete",
        failure: "cut stream",
        status: 200,
        chunks: 1,
        e2e_seconds: null,
      },
      error: /^The connection closed before \[DONE\], after 2 events, the first token among them\.$/,
    },
    "a stream that ends without [DONE]": {
      answer: () => stream(ROLE, delta({ content: "a" })),
      expected: { outcome: "incomplete", failure: "cut stream", status: 200, chunks: 1 },
      error: /^The server ended the stream without \[DONE\], after 2 events/,
    },
    "a stream without content": {
      answer: () => stream(ROLE, DONE),
      expected: { outcome: "error", failure: "no content", status: 200, chunks: 0, ttft_seconds: null },
      error: /held no token \(1 event\) and no finish_reason/,
    },
    "an error in the stream": {
      answer: () => stream(delta({ content: "a" }), `data: {"error":{"message":"out of ${KEY}"}}\n\n`, DONE),
      expected: { outcome: "error", failure: "error in stream", status: 200, chunks: 1 },
      error: /^The server reported an error in event 2 of the stream: out of \[redacted\]/,
    },
    "an event that is not JSON": {
      answer: () => stream(delta({ content: "a" }), "data: {oops\n\n", DONE),
      expected: { outcome: "error", failure: "not understood", status: 200 },
      error: /^Event 2 of the stream is not a JSON object: \{oops/,
    },
    "what is not HTTP": {
      answer: () => ["SSH-2.0-OpenSSH_9.6\r\n"],
      expected: { outcome: "error", failure: "not understood", status: null },
      error: /does not speak HTTP/,
    },
    "chunks that are none": {
      answer: () => [STREAM_HEAD, chunk(delta({ content: "a" })), "zzz\r\n"],
      expected: { outcome: "incomplete", failure: "not understood", status: 200, chunks: 1 },
      error: /^The response broke off: a chunk has no size/,
    },
    "a whole answer instead of a stream": {
      answer: () => [json(COMPLETION)],
      expected: { outcome: "error", failure: "not understood", status: 200 },
      error: /in one piece although a stream was requested/,
    },
    "a compressed body": {
      answer: () => [json(COMPLETION, "200 OK", "content-encoding: gzip\r\n")],
      expected: { outcome: "error", failure: "not understood", status: 200 },
      error: /compressed the body .* can't be read \(gzip: under load, none is unpacked\)\.$/,
    },
    silence: {
      answer: () => undefined,
      expected: { outcome: "timeout", failure: "timeout", status: null, e2e_seconds: null },
      error: /had not finished after 0\.2 s \(--timeout_seconds, timeoutSeconds\)\.$/,
    },
    "a stream that stalls": {
      answer: () => [STREAM_HEAD, chunk(delta({ content: "a" }))],
      expected: { outcome: "timeout", failure: "timeout", status: 200, chunks: 1, e2e_seconds: null },
      error: /after 0\.2 s \(--timeout_seconds, timeoutSeconds\), after 1 event/,
    },
    "a page instead of an answer": {
      answer: () => ["HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n<html>hi</html>"],
      mode: "chat",
      expected: { outcome: "error", failure: "not understood", status: 200 },
      error: /did not answer with a chat completion: "<html>hi<\/html>"/,
    },
    "JSON that is no completion": {
      answer: () => [json({ object: "list", data: [] })],
      mode: "chat",
      expected: { outcome: "error", failure: "not understood" },
      error: /answered with JSON instead of a chat completion/,
    },
    "an answer without content": {
      answer: () => [json({ choices: [{ message: { role: "assistant", content: "" } }] })],
      mode: "chat",
      expected: { outcome: "error", failure: "no content" },
      error: /held no token/,
    },
    "an answer cut in its body": {
      answer: () => ["HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{", "CLOSE"],
      mode: "chat",
      expected: { outcome: "incomplete", failure: "cut stream", e2e_seconds: null },
      error: /^The connection closed before the end of the answer\.$/,
    },
    "an answer broken in its body": {
      answer: () => ["HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{", 20, "RESET"],
      mode: "chat",
      expected: { outcome: "incomplete", failure: "reset", e2e_seconds: null },
      error: /^The connection broke \(ECONNRESET\) before the end of the answer\.$/,
    },
    "an answer that stalls": {
      answer: () => ["HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"],
      mode: "chat",
      expected: { outcome: "timeout", failure: "timeout", status: 200, e2e_seconds: null },
      error: /after 0\.2 s \(--timeout_seconds, timeoutSeconds\); what it sent is no whole answer\.$/,
    },
  };
  for (const [name, { answer, mode = "stream", expected, error }] of Object.entries(failures)) {
    it(`tells of ${name}`, async () => {
      const timeoutSeconds = "outcome" in expected && expected.outcome === "timeout" ? 0.2 : 20;
      const { requests } = await load(answer, { mode, requests: 4, timeoutSeconds });
      expect(requests).toHaveLength(4);
      for (const request of requests) {
        expect(request).toMatchObject(expected);
        expect(request.error).toMatch(error);
        expect(request.error).not.toContain(KEY.slice(0, 8));
        expect(request.error).not.toContain("\n");
      }
    });
  }

  it("ends what says nothing for a while at a limit of its own", async () => {
    const { requests } = await load(() => [STREAM_HEAD, chunk(delta({ content: "a" }))], {
      requests: 2,
      idleTimeoutSeconds: 0.2,
    });
    for (const { outcome, error } of requests) {
      expect(outcome).toBe("timeout");
      expect(error).toMatch(
        /sent nothing for 0\.2 s \(--idle_timeout_seconds, idleTimeoutSeconds\), after 1 event/,
      );
    }
  });

  it("lets what drips go on until its time is over", async () => {
    const drips = () => [STREAM_HEAD, ...Array.from({ length: 20 }, () => [50, chunk(": ping\n\n")]).flat()];
    const plan = { requests: 2, idleTimeoutSeconds: 0.3, timeoutSeconds: 0.6 };
    for (const { outcome, error } of (await load(drips, plan)).requests) {
      expect(outcome).toBe("timeout");
      expect(error).toMatch(/had not finished after 0\.6 s/);
    }
  });

  it("tells of a server that is not there", async () => {
    const gone = await serveScript(() => GOOD);
    await gone.close();
    const { requests } = await load(() => GOOD, { url: `${gone.url}/v1`, requests: 5 });
    expect(requests).toHaveLength(5);
    for (const request of requests) {
      expect(request).toMatchObject({
        outcome: "error",
        failure: "not connected",
        status: null,
        connect_seconds: null,
        wait_seconds: null,
        e2e_seconds: null,
      });
      expect(request.error).toMatch(/^Nothing listens at/);
    }
  });

  it("takes a stream for whole once [DONE] has come, whatever the connection does then", async () => {
    const { requests } = await load(() => [STREAM_HEAD, chunk(delta({ content: "a" }) + DONE), "RESET"]);
    expect(requests.map(({ outcome }) => outcome)).toEqual(Array(10).fill("ok"));
    for (const { e2e_seconds } of requests) expect(e2e_seconds).not.toBeNull();
  });

  it("mixes with what went well, each request for itself", async () => {
    let count = 0;
    const { requests } = await load(() => (count++ % 2 === 0 ? GOOD : ["RESET"]), { requests: 20 });
    expect(requests.filter(({ outcome }) => outcome === "ok")).toHaveLength(10);
    expect(requests.filter(({ failure }) => failure === "reset")).toHaveLength(10);
  });
});

describe("a connection under load", () => {
  it("is opened anew when the server says that it closes it, and the opening is told apart", async () => {
    const { requests, server } = await load(
      () => [json(COMPLETION, "200 OK", "connection: close\r\n"), "CLOSE"],
      {
        mode: "chat",
      },
    );
    expect(requests.map(({ outcome }) => outcome)).toEqual(Array(10).fill("ok"));
    expect(server.connections).toBe(10);
    expect(requests.filter(({ connect_seconds }) => connect_seconds === 0)).toHaveLength(2);
    expect(requests.filter(({ connect_seconds }) => connect_seconds! > 0)).toHaveLength(8);
    for (const { connect_seconds, wait_seconds } of requests) {
      expect(wait_seconds).toBeGreaterThanOrEqual(connect_seconds!);
    }
  });

  it("is no longer kept at a server that closes it without a word, and no request is sent twice", async () => {
    const { requests, server } = await load(() => [json(COMPLETION), "CLOSE"], {
      mode: "chat",
      requests: 40,
    });
    expect(requests).toHaveLength(40);
    const failed = requests.filter(({ outcome }) => outcome !== "ok");
    expect(failed.length).toBeLessThanOrEqual(2);
    for (const { failure, chunks } of failed) expect([failure, chunks]).toEqual(["reset", null]);
    // What the server got: the requests that were answered, and those it closed the connection on.
    expect(server.requests.length).toBeLessThanOrEqual(40);
  });

  it("that breaks without an answer fails its request, which is sent once", async () => {
    let count = 0;
    const { requests, server } = await load(() => (count++ === 3 ? [50, "CLOSE"] : GOOD), {
      requests: 8,
      arrivals: { kind: "closed", concurrency: 1 },
    });
    expect(requests.map(({ failure }) => failure)).toEqual([
      null,
      null,
      null,
      "reset",
      null,
      null,
      null,
      null,
    ]);
    expect(server.requests).toHaveLength(8);
  });

  it("may carry answers with other heads one after the other", async () => {
    let count = 0;
    const ok = json(COMPLETION);
    const dated = (second: number) =>
      json(COMPLETION, "200 OK", `date: Mon, 02 Nov 2026 08:00:0${second} GMT\r\n`);
    const bare = `HTTP/1.1 200 OK\nx-a: b\ncontent-length: ${JSON.stringify(COMPLETION).length}\n\n${JSON.stringify(COMPLETION)}`;
    const interim = `HTTP/1.1 100 Continue\r\n\r\n${ok}`;
    const [head, body] = [ok.slice(0, 40), ok.slice(40)];
    const chunked = `${STREAM_HEAD}${chunk(JSON.stringify(COMPLETION))}${LAST_CHUNK}`;
    const late = json({ error: "later" }, "503 Service Unavailable");
    const answers: [string | string[], number][] = [
      [ok, 200],
      [ok, 200],
      [interim, 200],
      [interim, 200],
      [ok, 200],
      [late, 503],
      [dated(1), 200],
      [dated(1), 200],
      [dated(2), 200],
      [bare, 200],
      [bare, 200],
      [[head, body], 200],
      [chunked, 200],
      [chunked, 200],
      [ok, 200],
    ];
    const { requests, server } = await load(() => [answers[count++ % answers.length]![0]].flat(), {
      mode: "chat",
      requests: 2 * answers.length,
      arrivals: { kind: "closed", concurrency: 1 },
    });
    const statuses = answers.map(([, status]) => status);
    expect(requests.map(({ status }) => status)).toEqual([...statuses, ...statuses]);
    expect(requests.filter(({ outcome }) => outcome === "ok")).toHaveLength(28);
    expect(server.connections).toBe(1);
  });

  it("counts no time after the end of a stream, however long the server pings on", async () => {
    const pings = Array.from({ length: 10 }, () => [300, chunk(": ping\n\n")]).flat();
    const { requests } = await load(
      () => [STREAM_HEAD, chunk(delta({ content: "a" })), chunk(DONE), ...pings],
      { requests: 2 },
    );
    expect(requests.map(({ outcome }) => outcome)).toEqual(["ok", "ok"]);
    for (const { e2e_seconds, ttft_seconds } of requests)
      expect(e2e_seconds! - ttft_seconds!).toBeLessThan(0.3);
  });

  it("does not wait for the end of a stream that goes on after an error", async () => {
    const error = 'data: {"error":{"message":"out of memory"}}\n\n';
    const pings = Array.from({ length: 200 }, () => [50, chunk(": ping\n\n")]).flat();
    const { requests } = await load(
      () => [STREAM_HEAD, chunk(delta({ content: "a" })), chunk(error), ...pings],
      { requests: 2, timeoutSeconds: 60, idleTimeoutSeconds: 30 },
    );
    for (const { outcome, error: said, ttft_seconds } of requests) {
      expect(outcome).not.toBe("ok");
      expect(said).toContain("out of memory");
      expect(ttft_seconds).not.toBeNull();
    }
  });

  it("does not wait for the end of a response that has no end", async () => {
    const { requests } = await load(() => [STREAM_HEAD, chunk(delta({ content: "a" }) + DONE)], {
      requests: 2,
      timeoutSeconds: 60,
    });
    expect(requests.map(({ outcome }) => outcome)).toEqual(["ok", "ok"]);
  });
});

describe("the stamps of the provider", () => {
  const MS = 1_000_000n;
  const stamped = (at: bigint) => delta({ content: `@${at} token` });

  it("show chunks that were held and released together", async () => {
    const { requests } = await load(() => {
      const base = process.hrtime.bigint();
      const events = [10n, 20n, 30n, 40n].map((ms) => stamped(base + ms * MS));
      return [STREAM_HEAD, chunk(ROLE), 60, [...events, DONE].map(chunk).join("") + LAST_CHUNK];
    });
    for (const request of requests) {
      expect(request).toMatchObject({
        outcome: "ok",
        chunks: 4,
        coalesced_chunks: 3,
        coalesced_at_start_chunks: 3,
        received_span_seconds: 0,
      });
      expect(request.sent_span_seconds).toBeCloseTo(0.03, 7);
      // Sent 10 ms, and come 60 ms after the request at the earliest.
      expect(request.first_lag_seconds).toBeGreaterThan(0.045);
      expect(request.first_lag_seconds! - request.last_lag_seconds!).toBeCloseTo(0.03, 7);
    }
  });

  it("are null together when one content has none, and no lag is known by another clock", async () => {
    const answers = [
      stream(stamped(5_000_000_000n), delta({ content: "plain" }), DONE),
      stream(stamped(5_000_000_000n), stamped(5_020_000_000n), DONE),
    ];
    const { requests } = await load(() => answers.shift()!, {
      requests: 2,
      arrivals: { kind: "closed", concurrency: 1 },
    });
    const unknown = { first_lag_seconds: null, last_lag_seconds: null };
    expect(requests[0]).toMatchObject({ ...unknown, sent_span_seconds: null, coalesced_chunks: null });
    expect(requests[1]).toMatchObject({ ...unknown, sent_span_seconds: 0.02 });
    expect(requests[1]!.received_span_seconds).toBeGreaterThanOrEqual(0);
  });
});

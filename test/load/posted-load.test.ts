import { describe, expect, it } from "vitest";
import type { Arrivals, PostedLoad } from "../../src/load/load-plan.js";
import { runLoad } from "../../src/load/run-load.js";
import { type PostedRequest, parseEndpoint } from "../../src/wire/endpoint.js";
import { commonHeaders, prepareRequest } from "../../src/wire/http-request.js";
import {
  chunk,
  DONE,
  delta,
  event,
  json,
  LAST_CHUNK,
  ROLE,
  type Script,
  type ScriptedServer,
  STREAM_HEAD,
  serveScript,
  stream,
  usage,
} from "../client/scripted-server.js";

/** A request for a stream whose prompt is a number. */
function post(url: string, number: number, secrets: readonly string[] = []): PostedRequest {
  const endpoint = parseEndpoint(`${url}/v1`);
  const bytes = prepareRequest("POST", "/v1/completions", commonHeaders(endpoint, null, {}), {
    json: { prompt: `é${number} ${"x".repeat(number)}`, stream: true },
    accept: "text/event-stream",
  });
  return { endpoint, bytes, secrets };
}

const numberIn = (body: string): number => Number(/é(\d+)/.exec(body)![1]);

async function load(script: Script, count: number, plan: Partial<PostedLoad> = {}) {
  const server = await serveScript(script);
  try {
    const result = await runLoad({
      posts: Array.from({ length: count }, (_, i) => post(server.url, i)),
      mode: "stream",
      arrivals: { kind: "closed", concurrency: 5 },
      timeoutSeconds: 20,
      ...plan,
    });
    return { ...result, server };
  } finally {
    await server.close();
  }
}

/** Says the request's number, and that its prompt had a thousand tokens more. */
const echo: Script = ({ body }) => {
  const number = numberIn(body);
  return stream(ROLE, delta({ content: `n${number}` }), usage(1000 + number, 1), DONE);
};

const everySoMany = (count: number, seconds: number): Arrivals => ({
  kind: "schedule",
  startsAtSeconds: Array.from({ length: count }, (_, i) => i * seconds),
});

const promptsOf = ({ requests }: ScriptedServer): number[] => requests.map(({ body }) => numberIn(body));

describe("a load of requests of their own", () => {
  it.each([0, 1, 3])("sends each once, and tells which one a result is of (%i threads)", async (threads) => {
    for (const arrivals of [{ kind: "closed", concurrency: 5 } as const, everySoMany(60, 0.002)]) {
      const { requests, server } = await load(echo, 60, { threads, arrivals });
      expect(promptsOf(server).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));
      expect(requests.map(({ request }) => request).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 60 }, (_, i) => i),
      );
      for (const { request, prompt_tokens, content_bytes, outcome } of requests) {
        expect({ outcome, prompt_tokens }).toEqual({ outcome: "ok", prompt_tokens: 1000 + request });
        expect(content_bytes).toBe(`n${request}`.length);
      }
    }
  });

  it("starts them in the order of the list, one place after the other or by a schedule", async () => {
    const inOrder = Array.from({ length: 20 }, (_, i) => i);
    const closed = await load(echo, 20, { arrivals: { kind: "closed", concurrency: 1 } });
    expect(promptsOf(closed.server)).toEqual(inOrder);
    expect(closed.requests.map(({ request }) => request)).toEqual(inOrder);
    for (const threads of [1, 2]) {
      const { requests } = await load(echo, 20, { arrivals: everySoMany(20, 0.01), threads });
      const due = [...requests].sort((a, b) => a.scheduled_seconds! - b.scheduled_seconds!);
      expect(due.map(({ request }) => request)).toEqual(inOrder);
    }
  });

  it("reads big requests whole, of many sizes", async () => {
    const bodies: string[] = [];
    const server = await serveScript(({ body }) => {
      bodies.push(body);
      return stream(delta({ content: "a" }), DONE);
    });
    try {
      const posts = [1, 100_000, 10, 300_000, 0].map((number) => post(server.url, number));
      const plan = { mode: "stream", timeoutSeconds: 20, threads: 2 } as const;
      await runLoad({ ...plan, posts, arrivals: { kind: "closed", concurrency: 3 } });
      const expected = posts.map(({ bytes }) => Buffer.from(bytes).toString("utf8").split("\r\n\r\n")[1]);
      expect(bodies.sort()).toEqual(expected.sort());
    } finally {
      await server.close();
    }
  });

  it("takes the secrets of all of them out of what a server says of any", async () => {
    const secrets = ["sk-first-0123456789", "sk-other-9876543210"];
    const script: Script = ({ body }) =>
      numberIn(body) % 2 === 0
        ? [json({ error: { message: `no ${secrets.join(" and ")}` } }, "403 Forbidden")]
        : stream(delta({ content: `your key is ${secrets[1]}` }), delta({}, secrets[0]!), DONE);
    const server = await serveScript(script);
    try {
      const { requests } = await runLoad({
        posts: Array.from({ length: 8 }, (_, i) => post(server.url, i, [secrets[i % 2]!])),
        mode: "stream",
        arrivals: { kind: "closed", concurrency: 2 },
        timeoutSeconds: 20,
        keepText: true,
      });
      const told = JSON.stringify(requests);
      for (const secret of secrets) expect(told).not.toContain(secret);
      expect(requests.filter(({ text }) => text === "your key is [redacted]")).toHaveLength(4);
      expect(requests.filter(({ error }) => error?.includes("[redacted]"))).toHaveLength(4);
    } finally {
      await server.close();
    }
  });
});

describe("a schedule of starts", () => {
  it("is kept: nothing starts early, and each result says when it was due", async () => {
    const startsAtSeconds = [0.02, 0.02, 0.05, 0.11, 0.11, 0.15];
    const { requests, seconds } = await load(echo, 6, { arrivals: { kind: "schedule", startsAtSeconds } });
    for (const { request, scheduled_seconds, wait_seconds } of requests) {
      expect(scheduled_seconds).toBeCloseTo(startsAtSeconds[request]!, 6);
      expect(wait_seconds).toBeGreaterThanOrEqual(0);
    }
    expect(seconds).toBeGreaterThan(0);
  });

  it("says no such thing of a closed loop", async () => {
    const { requests } = await load(echo, 5);
    expect(requests.map(({ scheduled_seconds }) => scheduled_seconds)).toEqual(Array(5).fill(null));
  });

  it("may be that of one request sent many times", async () => {
    const server = await serveScript(() => [json({ choices: [{ message: { content: "Hello" } }] })]);
    try {
      const { requests } = await runLoad({
        ...{ url: server.url, apiKey: "sk-1234", body: {}, mode: "chat", timeoutSeconds: 20 },
        requests: 9,
        arrivals: everySoMany(9, 0.004),
      });
      expect(requests.map(({ request }) => request).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      expect(requests.every(({ outcome }) => outcome === "ok")).toBe(true);
      expect(new Set(server.requests.map(({ body }) => body))).toEqual(new Set(["{}"]));
    } finally {
      await server.close();
    }
  });
});

describe("what a server tells of a request under load", () => {
  const one = async (script: Script, plan: Partial<PostedLoad> = {}) =>
    (await load(script, 1, plan)).requests[0]!;

  it("is told: its tokens, what the cache had of them, and its own times", async () => {
    const timings = { queue_ms: 4, prefill_ms: 3, load_ms: 2 };
    const details = { cached_tokens: 600, recomputed_tokens: 90, recomputed_ratio: 0.25 };
    const figures = {
      choices: [],
      usage: { prompt_tokens: 900, completion_tokens: 7, prompt_tokens_details: details },
      timings,
    };
    expect(await one(() => stream(ROLE, delta({ content: "a" }), event(figures), DONE))).toMatchObject({
      prompt_tokens: 900,
      output_tokens: 7,
      cached_tokens: 600,
      cached_tokens_source: "usage.prompt_tokens_details.cached_tokens",
      recomputed_tokens: 90,
      recomputed_ratio: 0.25,
      server_queue_seconds: 0.004,
      server_prefill_seconds: 0.003,
      load_seconds: 0.002,
      device_cached_tokens: null,
      remark: null,
    });
  });

  it("is nothing where the server tells nothing", async () => {
    expect(await one(() => stream(delta({ content: "a" }), DONE))).toMatchObject({
      ...{ prompt_tokens: null, output_tokens: null, cached_tokens: null, cached_tokens_source: null },
      ...{ device_cached_tokens: null, host_cached_tokens: null, storage_cached_tokens: null },
      ...{ recomputed_tokens: null, recomputed_ratio: null, server_queue_seconds: null },
      ...{ server_prefill_seconds: null, load_seconds: null, first_reasoning_seconds: null },
      ...{ gaps_seconds: null, text: null, remark: null },
    });
  });

  // The form of SGLang's `sglext`, sent where a request has `return_cached_tokens_details`.
  const tiers = (details: object) => event({ choices: [], sglext: { cached_tokens_details: details } });

  it("is, by SGLang, in which tier of its memory the cached tokens lay", async () => {
    const told = { device: 4, host: 1, storage: 2, storage_backend: "file" };
    const cached = usage(10, 2, { cached_tokens: 7 });
    const hi = delta({ content: "Hi" });
    const both = await one(() => stream(hi, tiers(told), cached, DONE));
    expect(both).toMatchObject({
      ...{ cached_tokens: 7, device_cached_tokens: 4, host_cached_tokens: 1, storage_cached_tokens: 2 },
      cached_tokens_source: "usage.prompt_tokens_details.cached_tokens",
    });
    const alone = await one(() => stream(hi, tiers({ device: 4, host: 1 }), usage(10, 2), DONE));
    expect(alone).toMatchObject({
      ...{ cached_tokens: 5, device_cached_tokens: 4, host_cached_tokens: 1, storage_cached_tokens: null },
      cached_tokens_source: "sglext.cached_tokens_details",
    });
    const unlike = await one(() => stream(hi, tiers({ device: 40, host: 1 }), cached, DONE));
    expect(unlike).toMatchObject({ cached_tokens: 7, device_cached_tokens: null, host_cached_tokens: null });
  });

  it("is not believed where it can't be true, and a remark says so", async () => {
    const late = {
      choices: [],
      timings: { queue_ms: 9e6 },
      usage: { prompt_tokens: 5, completion_tokens: 1 },
    };
    const { server_queue_seconds, prompt_tokens, remark } = await one(() =>
      stream(delta({ content: "a" }), event(late), DONE),
    );
    expect({ server_queue_seconds, prompt_tokens }).toEqual({ server_queue_seconds: null, prompt_tokens: 5 });
    expect(remark).toMatch(/^The server reports 9000000 ms as timings\.queue_ms of a request that took/);
    const cached = { cached_tokens: 9 };
    const untrue = await one(() => stream(delta({ content: "a" }), usage(5, 1, cached), DONE));
    expect(untrue).toMatchObject({ cached_tokens: null, prompt_tokens: null });
    expect(untrue.remark).toMatch(/^The server reports 9 cached tokens of a prompt of 5/);
  });

  it("is of each request its own, whether streams or whole answers, known again or not", async () => {
    for (const mode of ["stream", "chat"] as const) {
      const { requests } = await load(
        ({ body }) => {
          const number = numberIn(body) % 3;
          const told = { prompt_tokens: 100 + number, completion_tokens: 1 };
          return mode === "stream"
            ? stream(delta({ content: "a" }, "stop"), usage(100 + number, 1), DONE)
            : [json({ choices: [{ message: { content: "a" }, finish_reason: "stop" }], usage: told })];
        },
        30,
        { mode, keepText: true, threads: 0 },
      );
      for (const { request, prompt_tokens, text, finish_reason } of requests) {
        expect({ prompt_tokens, text }).toEqual({ prompt_tokens: 100 + (request % 3), text: "a" });
        expect(finish_reason).toBe("stop");
      }
    }
  });

  it("has the times of its first event and its first thought", async () => {
    const { first_byte_seconds, first_event_seconds, first_reasoning_seconds, ttft_seconds } = await one(
      () => [
        STREAM_HEAD,
        60,
        chunk(ROLE),
        60,
        chunk(delta({ reasoning_content: "hm" })),
        60,
        chunk(delta({ content: "a" }, "stop") + DONE),
        LAST_CHUNK,
      ],
    );
    const times = [first_byte_seconds, first_event_seconds, first_reasoning_seconds, ttft_seconds];
    for (const [i, at] of times.slice(1).entries()) expect(at! - times[i]!).toBeGreaterThan(0);
  });

  it("says what an answer that ended well lacks", async () => {
    const script: Script = () => stream(delta({ reasoning: "hm" }), delta({}, "length"), DONE);
    expect((await one(script)).remark).toMatch(/^The answer has reasoning but no content .*"length"/);
    const whole = json({ choices: [{ message: { reasoning: "hm" }, finish_reason: "length" }] });
    const { requests } = await load(() => [whole], 6, { mode: "chat", threads: 0 });
    for (const { remark } of requests) expect(remark).toMatch(/^The answer has reasoning but no content/);
  });
});

describe("the gaps of a stream", () => {
  const word = (content: string) => chunk(delta({ content }));
  const script: Script = () => [
    STREAM_HEAD,
    chunk(ROLE),
    word("é"),
    100,
    word(" 🌍"),
    150,
    chunk(delta({ content: '"' }) + delta({ content: "\\" })),
    chunk(delta({}, "stop") + DONE),
    LAST_CHUNK,
  ];

  it.each([0, 2])("are kept on request, each of them, with the text (%i threads)", async (threads) => {
    const { requests } = await load(script, 6, { recordGaps: true, keepText: true, threads });
    for (const { gaps_seconds, itl_seconds, itl_p99_seconds, text } of requests) {
      expect(gaps_seconds).toHaveLength(3);
      const [first, second, none] = gaps_seconds!;
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThan(0);
      expect(none).toBe(0);
      expect((first! + second!) / 3).toBeCloseTo(itl_seconds!, 9);
      expect(Math.max(...gaps_seconds!)).toBeGreaterThanOrEqual(itl_p99_seconds!);
      expect(text).toBe('é 🌍"\\');
    }
  });

  it("are none of an answer in one piece, and an empty list of a single content", async () => {
    const single = await load(() => stream(delta({ content: "a" }), DONE), 2, { recordGaps: true });
    expect(single.requests.map(({ gaps_seconds }) => gaps_seconds)).toEqual([[], []]);
    const whole = [json({ choices: [{ message: { content: "Hello" } }] })];
    const chat = await load(() => whole, 2, { recordGaps: true, mode: "chat" });
    expect(chat.requests.map(({ gaps_seconds }) => gaps_seconds)).toEqual([null, null]);
  });
});

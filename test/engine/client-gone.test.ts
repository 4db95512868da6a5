import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { withServerCounters } from "../../src/client/server-counters.js";
import { type EngineServer, serve } from "../../src/engine/serve.js";
import { measureMethod } from "../../src/experiments/methods/method-request.js";
import { fullPrefill } from "../../src/methods/full-prefill.js";

let server: EngineServer;
beforeAll(async () => {
  server = await serve({ model: "tiny", kvTokens: 16_384 });
}, 60_000);
afterAll(() => server.close());

const complete = (prompt: string, signal: AbortSignal | null = null) =>
  fetch(`${server.url}/completions`, {
    method: "POST",
    body: JSON.stringify({ prompt, max_tokens: 1, cache: { method: "full" } }),
    signal,
  });
const root = () => server.url.slice(0, -"/v1".length);
const promptTokens = async () =>
  Number(/^vllm:prompt_tokens_total\S* (.*)$/m.exec(await (await fetch(`${root()}/metrics`)).text())![1]);
/** Seconds of computing. */
const LONG = "filler ".repeat(14_000);

describe("a client that leaves during prefill", () => {
  it("has no more computed for it, and the next is served", async () => {
    const before = await promptTokens();
    const gone = new AbortController();
    const asked = complete(LONG, gone.signal).then(
      () => "answered",
      () => "gone",
    );
    await sleep(100);
    expect((await fetch(`${root()}/health`)).status).toBe(200);
    gone.abort();
    expect(await asked).toBe("gone");
    expect((await complete("the he")).status).toBe(200);
    expect(await promptTokens()).toBe(before + 3);
  });

  it("while it waits for its turn has nothing computed at all", async () => {
    const before = await promptTokens();
    const first = complete("filler ".repeat(2_000));
    const gone = new AbortController();
    const second = complete(LONG, gone.signal).catch(() => "gone");
    await sleep(20);
    gone.abort();
    expect(await second).toBe("gone");
    expect((await first).status).toBe(200);
    expect((await complete("the he")).status).toBe(200);
    expect(await promptTokens()).toBe(before + 2_001 + 3);
  });
});

/** Some tenths of a second. */
const SHORTER = "filler ".repeat(2_500);

describe("a client that leaves", () => {
  interface Timings {
    readonly queue_ms: number;
    readonly prefill_ms: number;
  }
  const timingsOf = async (answer: Response): Promise<Timings> =>
    ((await answer.json()) as { readonly timings: Timings }).timings;
  const leaving = async (body: object, wait: (answer: Promise<Response>) => Promise<unknown>) => {
    const gone = new AbortController();
    const asked = fetch(`${server.url}/completions`, {
      method: "POST",
      body: JSON.stringify(body),
      signal: gone.signal,
    });
    asked.catch(() => {});
    await wait(asked);
    gone.abort();
    return timingsOf(await complete("the he"));
  };

  it("during prefill holds the next up for no more than what is under way", async () => {
    const whole = await timingsOf(await complete(SHORTER));
    const next = await leaving({ prompt: SHORTER, max_tokens: 1, cache: { method: "full" } }, () =>
      sleep(50),
    );
    expect(next.queue_ms).toBeLessThan(whole.prefill_ms / 4);
  });

  it("during an answer ends it at the next token", async () => {
    const ask = { prompt: "the he", max_tokens: 4_000, ignore_eos: true };
    const one = await fetch(`${server.url}/completions`, {
      method: "POST",
      body: JSON.stringify({ ...ask, max_tokens: 1_000 }),
    });
    const began = performance.now();
    await one.json();
    const took = performance.now() - began;
    const next = await leaving({ ...ask, stream: true }, async (answer) => {
      const reader = (await answer).body!.getReader();
      await reader.read();
    });
    // The whole answer is four times as long.
    expect(next.queue_ms).toBeLessThan(2 * Math.max(took, 200));
  });
});

describe("two requests at once", () => {
  it("reach the record: the later one's server_queue_seconds is the time it waited", async () => {
    const measured = await connect(server.url);
    const first = complete(SHORTER);
    await sleep(50);
    const { completion, server_queue_seconds } = await withServerCounters(measured, () =>
      measured.complete({ prompt: "the he", maxTokens: 1 }),
    );
    const { prefill_ms } = (
      (await (await first).json()) as { readonly timings: { readonly prefill_ms: number } }
    ).timings;
    measured.close();
    expect(server_queue_seconds).toBeGreaterThan(prefill_ms / 4_000);
    expect(server_queue_seconds).toBeLessThanOrEqual(completion.ttft_seconds!);
    const { columns } = await measureMethod(
      fullPrefill(measured),
      { prefix: "", chunks: ["the he"], question: "question : what ?" },
      { maxTokens: 1 },
    );
    expect(columns.server_queue_seconds).toBeGreaterThanOrEqual(0);
    expect(columns.server_queue_seconds).toBeLessThanOrEqual(columns.ttft_seconds!);
  });

  it("are computed one after the other, and the later says how long it waited", async () => {
    const answers = await Promise.all(
      [1, 2].map(async (n) => (await complete(`filler `.repeat(2_000 + n))).json()),
    );
    const timings = answers.map((answer) => (answer as { timings: Record<string, number> }).timings);
    const [first, second] = timings.sort((a, b) => a.queue_ms! - b.queue_ms!);
    expect(second!.queue_ms).toBeGreaterThan(first!.prefill_ms! / 2);
  });
});

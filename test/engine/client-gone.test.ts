import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EngineServer, serve } from "../../src/engine/serve.js";

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

describe("two requests at once", () => {
  it("are computed one after the other, and the later says how long it waited", async () => {
    const answers = await Promise.all(
      [1, 2].map(async (n) => (await complete(`filler `.repeat(2_000 + n))).json()),
    );
    const timings = answers.map((answer) => (answer as { timings: Record<string, number> }).timings);
    const [first, second] = timings.sort((a, b) => a.queue_ms! - b.queue_ms!);
    expect(second!.queue_ms).toBeGreaterThan(first!.prefill_ms! / 2);
  });
});

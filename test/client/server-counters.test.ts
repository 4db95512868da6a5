import { afterEach, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { withServerCounters } from "../../src/client/server-counters.js";
import { report } from "../../src/servers/profile/counters.js";
import { vllm } from "../../src/servers/vllm.js";
import { engineHere } from "../support/engine-here.js";
import { KINDS, standIn } from "../support/stand-in.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const messages = [{ role: "user" as const, content: "one two three four five ".repeat(30) }];

it("the embedded engine's counters say what its answers say", async () => {
  const serving = await engineHere();
  open.push(serving);
  const server = await connect(serving.url, { profile: "vllm" });
  for (const _request of ["cold", "warm"]) {
    const before = (await server.counters())!;
    const { cached_tokens, prompt_tokens, timings } = await server.chat({ messages, maxTokens: 2 });
    const told = report(vllm.counters!, before, (await server.counters())!, prompt_tokens);
    expect(told.cached_tokens).toBe(cached_tokens);
    expect(told.server_prefill_seconds).toBeCloseTo((timings!.prefill_ms as number) / 1_000, 6);
  }
  server.close();
});

it("the answer's own report comes before the counters", async () => {
  const stand = await standIn({ ...KINDS.vllm, reports: true });
  open.push(stand);
  const server = await connect(stand.url);
  const { completion } = await withServerCounters(server, () => server.chat({ messages, maxTokens: 2 }));
  expect(completion.cached_tokens_source).toBe("usage.prompt_tokens_details.cached_tokens");
  server.close();
});

it("counters that move late are waited for", async () => {
  let scrapes = 0;
  const stand = await standIn({
    ...KINDS.vllm,
    // Recognition and the scrape before are the first two; the third comes before the counters are written.
    metrics: (state) => KINDS.vllm.metrics(++scrapes === 3 ? { ...state, requests: 0 } : state),
  });
  open.push(stand);
  const server = await connect(stand.url);
  const { completion } = await withServerCounters(server, () => server.chat({ messages, maxTokens: 2 }));
  expect(completion.cached_tokens).toBe(0);
  expect(scrapes).toBe(4);
  server.close();
});

it("a request that failed is not looked for in the counters", async () => {
  const stand = await standIn({ ...KINDS.vllm, refuses: "cache_salt" });
  open.push(stand);
  const server = await connect(stand.url);
  const { completion, server_queue_seconds } = await withServerCounters(server, () =>
    server.chat({ messages, maxTokens: 2, body: { cache_salt: "a" } }),
  );
  expect(completion.outcome).toBe("error");
  expect({ cached: completion.cached_tokens, server_queue_seconds }).toEqual({
    cached: null,
    server_queue_seconds: null,
  });
  server.close();
});

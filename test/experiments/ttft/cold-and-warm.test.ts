import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type ConnectOptions, connect } from "../../../src/client/connect.js";
import { sweepTtft } from "../../../src/experiments/ttft/ttft-sweep.js";
import { engineHere } from "../../support/engine-here.js";
import { KINDS, type Received, type StandInOptions, standIn, vllmMetrics } from "../../support/stand-in.js";

const folder = mkdtempSync(join(tmpdir(), "cold-"));
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

let sweeps = 0;
async function sweep(url: string, options: ConnectOptions = {}) {
  const server = await connect(url, options);
  try {
    const log = join(folder, `${++sweeps}.jsonl`);
    return await sweepTtft({ server, contextTokens: [200], runs: 2, log });
  } finally {
    server.close();
  }
}

async function sweepStandIn(options: StandInOptions) {
  const stand = await standIn(options);
  open.push(stand);
  const rows = await sweep(stand.url);
  const sent = stand.received.filter(({ path }) => path === "/v1/chat/completions").slice(-4);
  return { rows, sent, received: stand.received };
}

const field = (sent: readonly Received[], name: string) => sent.map(({ body }) => body[name]);
const COLD_THEN_WARM = [
  { cache_state: "cold", evidence: "proven", cached_tokens: 0 },
  { cache_state: "warm", evidence: "proven" },
];

describe("cold, then warm", () => {
  it("on vLLM every cold request has a salt of its own, which its repeat shares", async () => {
    const { rows, sent } = await sweepStandIn({ ...KINDS.vllm, reports: true });
    expect(rows).toMatchObject([...COLD_THEN_WARM, ...COLD_THEN_WARM]);
    expect(rows.map(({ cache_control }) => cache_control)).toEqual([
      "cache_salt",
      "repeat",
      "cache_salt",
      "repeat",
    ]);
    const salts = field(sent, "cache_salt") as string[];
    expect(salts[0]).toBe(salts[1]);
    expect(salts[2]).toBe(salts[3]);
    expect(salts[0]).not.toBe(salts[2]);
    // vLLM takes at most 128 characters, and neither @ / \ nor NUL.
    for (const salt of salts) expect(salt).toMatch(/^[A-Za-z0-9-]{1,128}$/);
    expect(field(sent, "cache_prompt")).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("on llama.cpp the cold request passes the cache over, and its repeat finds it", async () => {
    const { rows, sent } = await sweepStandIn(KINDS.llamacpp);
    expect(rows).toMatchObject([...COLD_THEN_WARM, ...COLD_THEN_WARM]);
    expect(rows[0]!.cache_control).toBe("cache_prompt_false");
    expect(field(sent, "cache_prompt")).toEqual([false, undefined, false, undefined]);
    expect(field(sent, "cache_salt")).toEqual([undefined, undefined, undefined, undefined]);
  });

  it.each([
    "openai",
    "ollama",
    "litellm",
    "llama-cpp-python",
  ] as const)("on %s no field is sent that it may refuse", async (kind) => {
    const { rows, sent } = await sweepStandIn(KINDS[kind]);
    if (kind !== "llama-cpp-python") expect(rows).toMatchObject([...COLD_THEN_WARM, ...COLD_THEN_WARM]);
    expect(rows[0]!.cache_control).toBe("unique_prompt");
    for (const { body } of sent) {
      expect(Object.keys(body).sort()).toEqual([
        "max_tokens",
        "messages",
        "model",
        "stream",
        "stream_options",
        "temperature",
      ]);
    }
  });

  it.each([
    ["that nobody knows", {}, ["cache_salt", "cache_prompt"]],
    ["known by one weak sign", { model: { owned_by: "vllm" } }, ["cache_salt", "cache_prompt"]],
    ["that refuses salts", { refuses: "cache_salt" }, ["cache_prompt"]],
    ["that refuses to pass its cache over", { refuses: "cache_prompt" }, ["cache_salt"]],
  ])("at a server %s every field is sent that it does not refuse", async (_what, kind, fields) => {
    const { rows, sent } = await sweepStandIn(kind);
    expect(rows).toMatchObject([...COLD_THEN_WARM, ...COLD_THEN_WARM]);
    // The document keeps it cold for certain, the fields perhaps.
    expect(rows[0]!.cache_control).toBe("unique_prompt");
    const cold = Object.keys(sent[0]!.body).filter((name) => name.startsWith("cache_"));
    expect(cold.sort()).toEqual([...fields].sort());
    expect(sent[1]!.body.cache_prompt).toBeUndefined();
  });

  it("goes on without the salt where a server of that kind refuses it (vLLM's engine V0)", async () => {
    const { rows, sent } = await sweepStandIn({ ...KINDS.vllm, reports: true, refuses: "cache_salt" });
    expect(rows).toMatchObject([...COLD_THEN_WARM, ...COLD_THEN_WARM]);
    expect(rows[0]!.cache_control).toBe("unique_prompt");
    expect(field(sent, "cache_salt")).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("where answers carry no cached tokens", () => {
  it.each([
    ["vllm", KINDS.vllm, "vllm:prompt_tokens_by_source_total"],
    [
      "an older vLLM",
      { ...KINDS.vllm, metrics: vllmMetrics({ bySource: false }) },
      "vllm:prefix_cache_hits_total + vllm:external_prefix_cache_hits_total",
    ],
    ["sglang", KINDS.sglang, "sglang:cached_tokens_total"],
  ])("the counters of %s prove both states", async (_name, kind, source) => {
    const { rows } = await sweepStandIn(kind);
    expect(rows).toMatchObject([...COLD_THEN_WARM, ...COLD_THEN_WARM]);
    for (const row of rows) expect(row.evidence_source).toBe(source);
    // Blocks of 16: a repeat finds all of its prompt but the last, incomplete one.
    expect(rows[1]!.cached_tokens).toBeGreaterThan(rows[1]!.prompt_tokens! - 17);
  });

  it("vLLM's histograms give the wait and the prefill of each request", async () => {
    const { rows } = await sweepStandIn(KINDS.vllm);
    for (const row of rows) {
      expect(row).toMatchObject({ server_queue_seconds: 0.25, server_prefill_seconds: 0.5 });
    }
  });

  it.each([
    ["a stranger asks too", { strangers: 1 }],
    ["a request is under way all the time", { metrics: vllmMetrics({ running: 1 }) }],
    ["there are no counters", { metrics: undefined }],
  ])("nothing is proven when %s", async (_why, changes) => {
    const { metrics, ...rest } = { ...KINDS.vllm, ...changes };
    const { rows } = await sweepStandIn({ ...rest, ...(metrics && { metrics }) });
    for (const row of rows) {
      expect(row).toMatchObject({
        evidence: "unproven",
        evidence_source: null,
        cached_tokens: null,
        server_queue_seconds: null,
        server_prefill_seconds: null,
      });
    }
  });

  it("a server that does not cache contradicts the warm request", async () => {
    const { rows } = await sweepStandIn({ ...KINDS.vllm, caches: false });
    expect(rows.map(({ evidence }) => evidence)).toEqual([
      "proven",
      "contradicted",
      "proven",
      "contradicted",
    ]);
  });
});

describe("the counters", () => {
  it("are read twice a request, around it and never within", async () => {
    const { received } = await sweepStandIn(KINDS.vllm);
    const order = received.map(({ path }) => path).filter((path) => /metrics|completions/.test(path));
    const turns = order.join(" ").replaceAll("/v1/chat/completions", "chat").replaceAll("/metrics", "scrape");
    // The first scrape recognises the server; two short chats show how many characters a token has.
    expect(turns).toBe(`scrape chat chat ${Array(6).fill("scrape chat scrape").join(" ")}`);
  });

  it("of the embedded engine, read as vLLM's, agree with its own answers", async () => {
    const serving = await engineHere();
    open.push(serving);
    const rows = await sweep(serving.url, { profile: "vllm" });
    expect(rows).toMatchObject([...COLD_THEN_WARM, ...COLD_THEN_WARM]);
    for (const row of rows) {
      expect(row.evidence_source).toBe("usage.prompt_tokens_details.cached_tokens");
      expect(row.server_prefill_seconds).toBeGreaterThan(0);
      expect(row.server_prefill_seconds).toBeLessThan(row.ttft_seconds!);
    }
  });
});

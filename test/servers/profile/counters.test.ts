import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { llamacpp } from "../../../src/servers/llamacpp.js";
import { NO_REPORT, report, totals } from "../../../src/servers/profile/counters.js";
import { ofModel, parsePrometheus } from "../../../src/servers/profile/prometheus.js";
import { sglang } from "../../../src/servers/sglang.js";
import { vllm } from "../../../src/servers/vllm.js";
import { vllmLmcache } from "../../../src/servers/vllm-lmcache.js";
import { vllmMetrics } from "../../support/stand-in.js";

const state = (requests: number, promptTokens: number, hits: number) => ({
  requests,
  promptTokens,
  hits,
  forget: () => {},
});
const scrape = (
  print: typeof vllmMetrics extends (...a: never[]) => infer P ? P : never,
  s: ReturnType<typeof state>,
) => parsePrometheus(print(s));

describe("vLLM's counters", () => {
  const before = state(7, 5_000, 1_200);
  const told = (after: ReturnType<typeof state>, prompt: number | null = 613, print = vllmMetrics()) =>
    report(vllm.counters!, scrape(print, before), scrape(print, after), prompt);

  it("tell of the one request between two scrapes: its hits, its wait and its prefill", () => {
    expect(told(state(8, 5_613, 1_808))).toEqual({
      cached_tokens: 608,
      source: "vllm:prompt_tokens_by_source_total",
      server_queue_seconds: 0.25,
      server_prefill_seconds: 0.5,
    });
    expect(told(state(8, 5_613, 1_200)).cached_tokens).toBe(0);
  });

  it("of an older build are queries and hits", () => {
    expect(told(state(8, 5_613, 1_808), 613, vllmMetrics({ bySource: false }))).toMatchObject({
      cached_tokens: 608,
      source: "vllm:prefix_cache_hits_total + vllm:external_prefix_cache_hits_total",
    });
  });

  it("tell of all requests between two scrapes, whoever sent them, and nothing once they began anew", () => {
    const between = (one: ReturnType<typeof state>, other: ReturnType<typeof state>, print = vllmMetrics()) =>
      totals(vllm.counters!, scrape(print, one), scrape(print, other));
    const after = state(40, 25_000, 9_200);
    const told = { cached_tokens: 8_000, prompt_tokens: 20_000 };
    expect(between(before, after)).toMatchObject({ ...told, source: "vllm:prompt_tokens_by_source_total" });
    expect(between(before, after, vllmMetrics({ bySource: false }))).toMatchObject(told);
    expect(between(after, before)).toBeNull();
    expect(between(before, before)).toBeNull();
  });

  it("tell nothing of a level at which one of several engines began anew, though the sum went on growing", () => {
    const engines = (...counts: [number, number][]) =>
      parsePrometheus(
        counts
          .map(
            ([queries, hits], engine) =>
              `vllm:prefix_cache_queries_total{engine="${engine}",model_name="m"} ${queries}\n` +
              `vllm:prefix_cache_hits_total{engine="${engine}",model_name="m"} ${hits}`,
          )
          .join("\n"),
      );
    const before = engines([1_000, 500], [300, 100]);
    const { counters } = vllm;
    expect(totals(counters!, before, engines([2_000, 1_300], [700, 200]))).toMatchObject({
      cached_tokens: 900,
      prompt_tokens: 1_400,
    });
    expect(totals(counters!, before, engines([2_000, 1_300], [100, 20]))).toBeNull();
    expect(totals(counters!, before, engines([2_000, 1_300]))).toBeNull();
  });

  it("are those of the model that is asked, where a server has several and names them", () => {
    const models = (own: number, other: number) =>
      parsePrometheus(
        [
          `vllm:prefix_cache_queries_total{model_name="m"} ${2 * own}`,
          `vllm:prefix_cache_hits_total{model_name="m"} ${own}`,
          `vllm:prefix_cache_queries_total{model_name="other"} ${other}`,
          `vllm:prefix_cache_hits_total{model_name="other"} ${other}`,
        ].join("\n"),
      );
    const told = (model: string) =>
      totals(vllm.counters!, ofModel(models(100, 100), model), ofModel(models(300, 900), model));
    expect(told("m")).toMatchObject({ cached_tokens: 200, prompt_tokens: 400 });
    // By an alias it can't be told whose they are.
    expect(told("alias")).toMatchObject({ cached_tokens: 1_000, prompt_tokens: 1_200 });
  });

  it("tell tiers apart where a server does, by whatever name its store has, and not once they began anew", () => {
    const vllmLines = (local: number, external: number) =>
      parsePrometheus(
        [
          `vllm:prompt_tokens_by_source_total{source="local_compute"} 1000`,
          `vllm:prompt_tokens_by_source_total{source="local_cache_hit"} ${local}`,
          `vllm:prompt_tokens_by_source_total{source="external_kv_transfer"} ${external}`,
        ].join("\n"),
      );
    expect(totals(vllm.counters!, [], vllmLines(300, 512))?.tiers).toEqual({ device: 300, external: 512 });
    expect(totals(vllm.counters!, vllmLines(100, 600), vllmLines(700, 512))).toBeNull();
    const sglangLines = (host: number, ...storage: readonly string[]) =>
      parsePrometheus(
        [
          "sglang:prompt_tokens_total 2000",
          `sglang:cached_tokens_total{cache_source="device"} 900`,
          `sglang:cached_tokens_total{cache_source="host"} ${host}`,
          ...storage.map((source) => `sglang:cached_tokens_total{cache_source="${source}"} 40`),
        ].join("\n"),
      );
    const found = totals(sglang.counters!, [], sglangLines(100, "storage_HiCacheFile", "storage_redis"));
    expect(found).toMatchObject({ cached_tokens: 1_080, tiers: { device: 900, host: 100, storage: 80 } });
    expect(totals(sglang.counters!, [], sglangLines(100))?.tiers).toEqual({ device: 900, host: 100 });
  });

  it("count the hits of a store beside the GPU too", () => {
    const lines = (local: number, external: number) =>
      parsePrometheus(
        [
          `vllm:prefix_cache_queries_total 613`,
          `vllm:prefix_cache_hits_total ${local}`,
          `vllm:external_prefix_cache_queries_total ${613 - local}`,
          `vllm:external_prefix_cache_hits_total ${external}`,
          "vllm:request_success_total 1",
        ].join("\n"),
      );
    expect(report(vllm.counters!, [], lines(96, 512), 613)).toMatchObject({ cached_tokens: 608 });
  });

  it.each([
    ["a stranger's request ended too", state(9, 6_226, 1_808), 613],
    ["nothing has ended yet", state(7, 5_000, 1_200), 613],
    ["the server started anew", state(0, 0, 0), 613],
  ])("tell nothing when %s", (_why, after, prompt) => {
    expect(told(after, prompt)).toEqual(NO_REPORT);
  });

  it("tell no hits when their tokens are not this prompt's, though the times are one request's", () => {
    expect(told(state(8, 5_700, 1_808))).toMatchObject({
      cached_tokens: null,
      source: null,
      server_queue_seconds: 0.25,
    });
    expect(told(state(8, 5_613, 1_808), null).cached_tokens).toBe(null);
  });

  it("tell nothing while a request is under way, before or after", () => {
    const busy = vllmMetrics({ running: 1 });
    const idle = vllmMetrics();
    const after = state(8, 5_613, 1_808);
    expect(report(vllm.counters!, scrape(busy, before), scrape(idle, after), 613)).toEqual(NO_REPORT);
    expect(report(vllm.counters!, scrape(idle, before), scrape(busy, after), 613)).toEqual(NO_REPORT);
  });

  it("never tell of more or of less than one request's prompt, whatever strangers do", () => {
    const numbers = fc.nat(3_000);
    fc.assert(
      fc.property(fc.nat(3), numbers, numbers, fc.nat(700), (requests, tokens, hits, prompt) => {
        const { cached_tokens } = told(state(7 + requests, 5_000 + tokens, 1_200 + hits), prompt);
        if (cached_tokens === null) return;
        expect(requests).toBe(1);
        expect(tokens).toBe(prompt);
        expect(cached_tokens).toBe(hits);
        expect(cached_tokens).toBeLessThanOrEqual(prompt);
      }),
      { numRuns: 500 },
    );
  });
});

describe("LMCache's lookups", () => {
  const lines = (vllmQueries: number, looked: number, found: number) =>
    parsePrometheus(
      `vllm:prefix_cache_queries_total ${vllmQueries}\nvllm:request_success_total ${looked === 0 ? 0 : 1}\n` +
        `lmcache:num_lookup_tokens_total ${looked}\nlmcache:num_lookup_hits_total ${found}\n`,
    );

  it("are read where vLLM's own prefix cache is off, and only there", () => {
    expect(report(vllmLmcache.counters!, lines(0, 0, 0), lines(0, 613, 512), 613)).toMatchObject({
      cached_tokens: 512,
      source: "lmcache:num_lookup_hits_total",
    });
    expect(report(vllmLmcache.counters!, lines(0, 0, 0), lines(600, 613, 512), 613).cached_tokens).toBe(null);
  });
});

describe("other servers' counters", () => {
  it("SGLang's cached tokens appear with the first hit; before, there is none", () => {
    const lines = (requests: number, prompt: number, cached = "") =>
      parsePrometheus(
        `sglang:num_requests_total ${requests}\nsglang:prompt_tokens_total ${prompt}\n${cached}`,
      );
    expect(report(sglang.counters!, lines(1, 100), lines(2, 713), 613)).toMatchObject({
      cached_tokens: 0,
      source: "sglang:cached_tokens_total",
    });
    const hit =
      'sglang:cached_tokens_total{cache_source="device"} 600\nsglang:cached_tokens_total{cache_source="host"} 8';
    expect(report(sglang.counters!, lines(1, 100), lines(2, 713, hit), 613).cached_tokens).toBe(608);
  });

  it("llama.cpp's computed and cached tokens together are the prompt", () => {
    const lines = (computed: number, cached: number) =>
      parsePrometheus(
        `llamacpp:prompt_tokens_total ${computed}\nllamacpp:prompt_tokens_cached_total ${cached}\nllamacpp:requests_processing 0`,
      );
    // From the recorded llama-server: 1,251 computed and 1,209 cached tokens, then a repeat of 613 that hits 612.
    expect(report(llamacpp.counters!, lines(1_251, 1_209), lines(1_252, 1_821), 613)).toMatchObject({
      cached_tokens: 612,
    });
    expect(report(llamacpp.counters!, lines(1_251, 1_209), lines(1_260, 1_821), 613)).toEqual(NO_REPORT);
  });
});

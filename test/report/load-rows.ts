import type { Labelled, LoadRecord } from "../../src/domain/records/record-kinds.js";
import { random } from "../../src/stats/random.js";

type Fields = Partial<Omit<LoadRecord, "outcome" | "error">> & {
  readonly outcome?: LoadRecord["outcome"];
  readonly error?: string;
};

/** One measured request of a load; what is not said is null, and the request ended well and is proven. */
export const loadRow = (fields: Fields): Labelled<string, LoadRecord> => {
  const { outcome = "ok", error = "it failed", ...rest } = fields;
  return {
    run_index: 1,
    context_tokens: 3_000,
    ttft_seconds: null,
    label: "Full prefill",
    model: "tiny",
    workload: "document_pool",
    arrivals: "poisson",
    rate_per_second: 1,
    burstiness: null,
    concurrency: null,
    level: 1,
    repeat: 1,
    block: 1,
    phase: "measured",
    scheduled_seconds: null,
    wait_seconds: 0,
    method: "full_prefill",
    recompute_ratio: null,
    cached_tokens: null,
    recomputed_tokens: null,
    evidence: "proven",
    evidence_source: "usage",
    evidence_reason: null,
    token_counter: "server /tokenize",
    collect_seconds: null,
    load_seconds: null,
    connect_seconds: 0,
    first_byte_seconds: null,
    first_event_seconds: null,
    first_reasoning_seconds: null,
    e2e_seconds: null,
    itl_seconds: null,
    itl_p99_seconds: null,
    tpot_seconds: null,
    prompt_tokens: null,
    output_tokens: null,
    finish_reason: "stop",
    remark: null,
    failure: null,
    status: outcome === "ok" ? 200 : null,
    chunks: null,
    content_bytes: null,
    block_seconds: null,
    block_steady: null,
    client_cpu: 0.1,
    client_delay_seconds: 0,
    client_late_seconds: 0,
    client_limit: "none",
    started_at: "2026-11-20T10:00:00.000Z",
    ...(outcome === "ok" ? { outcome, error: null } : { outcome, error }),
    ...rest,
  } as Labelled<string, LoadRecord>;
};

/** What is simulated of one label: how long the server computes a prompt, and how much of it a cache saves. */
export interface SimulatedLabel {
  readonly label: string;
  readonly method: LoadRecord["method"];
  readonly recompute_ratio?: number;
  readonly prefillSeconds: number;
  readonly cachedTokens?: number;
}

export const SIMULATED: readonly SimulatedLabel[] = [
  { label: "Full prefill", method: "full_prefill", prefillSeconds: 0.4 },
  { label: "Prefix cache", method: "prefix_cache", prefillSeconds: 0.3, cachedTokens: 800 },
  {
    label: "CacheBlend 15%",
    method: "cacheblend",
    recompute_ratio: 0.15,
    prefillSeconds: 0.12,
    cachedTokens: 2_400,
  },
];

/**
 * A small queue: requests come at random times (Poisson), one server computes prompts one after the other, and a tenth of the
 * prefill passes between two tokens. So TTFT grows with the rate, and without bound above 1 / `prefillSeconds`.
 */
export function simulatedLoad({
  labels = SIMULATED,
  rates = [0.5, 1, 2],
  blocks = 6,
  requests = 40,
  fields = () => ({}),
}: {
  readonly labels?: readonly SimulatedLabel[];
  readonly rates?: readonly number[];
  readonly blocks?: number;
  readonly requests?: number;
  readonly fields?: (of: { label: string; rate: number; block: number; index: number }) => Fields;
} = {}): Labelled<string, LoadRecord>[] {
  const source = random("a simulated load");
  return labels.flatMap(({ label, method, recompute_ratio = null, prefillSeconds, cachedTokens = 0 }) =>
    rates.flatMap((rate, level) =>
      Array.from({ length: blocks }, (_, at) => at + 1).flatMap((block) => {
        const draw = source.fork(`${rate} ${block}`);
        const [ramp, tokens] = [5, 8];
        let [now, free, start, end] = [0, 0, 0, 0];
        const rows = Array.from({ length: requests + ramp }, (_, index) => {
          now += -Math.log(1 - draw()) / rate;
          const begun = Math.max(now, free);
          const took = prefillSeconds * (0.9 + 0.2 * draw());
          free = begun + took;
          const ttft = free - now;
          if (index === ramp) start = now;
          end = now + ttft;
          return loadRow({
            ...{ label, method, recompute_ratio, rate_per_second: rate, level: level + 1, block },
            run_index: index + 1,
            phase: index < ramp ? "ramp_up" : "measured",
            scheduled_seconds: now,
            ttft_seconds: ttft,
            itl_seconds: 0.1 * prefillSeconds,
            tpot_seconds: 0.1 * prefillSeconds,
            e2e_seconds: ttft + 0.1 * prefillSeconds * (tokens - 1),
            output_tokens: tokens,
            prompt_tokens: 3_100,
            cached_tokens: cachedTokens,
            expected_cached_tokens: cachedTokens === 0 ? 0 : cachedTokens + 100,
            ...fields({ label, rate, block, index }),
          });
        });
        return rows.map((row) => ({ ...row, block_seconds: row.block_seconds ?? end - start }));
      }),
    ),
  );
}

/**
 * A run of one label over a pool of documents whose cache holds what was asked until request `ends`, and nothing after it: as a
 * store that breaks down, or is full. With `tells: false` the server reports no cached tokens.
 */
export function fadingReuse({
  ends = 71,
  requests = 120,
  label = "Prefix cache",
  method = "prefix_cache",
  tells = true,
}: {
  readonly ends?: number;
  readonly requests?: number;
  readonly label?: string;
  readonly method?: LoadRecord["method"];
  readonly tells?: boolean;
} = {}): Labelled<string, LoadRecord>[] {
  const draw = random(`fading reuse ${label}`);
  return Array.from({ length: requests }, (_, index) => {
    const number = index + 1;
    const hits = number <= ends && draw() < 0.9 && method !== "full_prefill";
    const cached = hits ? 2_400 : 0;
    return loadRow({
      ...{ label, method, run_index: number, prompt_tokens: 3_100 },
      ttft_seconds: (hits ? 0.12 : 0.4) * (0.9 + 0.2 * draw()),
      e2e_seconds: 1,
      ...(tells && {
        ...{ cached_tokens: cached, expected_cached_tokens: 2_400 },
        ...{ device_cached_tokens: cached * 0.75, host_cached_tokens: cached * 0.25 },
      }),
      document_gap_seconds: Math.round(200 * draw()) / 2,
      started_at: new Date(Date.UTC(2026, 10, 20, 10) + 1_000 * index).toISOString(),
    });
  });
}

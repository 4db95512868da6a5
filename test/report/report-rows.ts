import type {
  BlendRecord,
  Labelled,
  ProxyRecord,
  QualityRecord,
} from "../../src/domain/records/record-kinds.js";
import type { ReportRows } from "../../src/report/page/report-sections.js";
import { proxyRows } from "./proxy-rows.js";
import { rows } from "./ttft-rows.js";

/** What every record of a method has; the request ended well and is proven. */
const request = {
  model: "tiny",
  collect_seconds: null,
  load_seconds: null,
  recomputed_tokens: null,
  cached_tokens: null,
  evidence: "proven",
  evidence_source: "usage",
  evidence_reason: null,
  token_counter: "server /tokenize",
  connect_seconds: 0,
  first_byte_seconds: null,
  first_event_seconds: null,
  first_reasoning_seconds: null,
  e2e_seconds: null,
  prompt_tokens: null,
  output_tokens: null,
  finish_reason: "stop",
  remark: null,
  outcome: "ok",
  error: null,
  started_at: "2026-11-20T10:00:00.000Z",
} as const;

const methods = [
  ["Full prefill", "full_prefill", null, 1],
  ["CacheBlend 15%", "cacheblend", 0.15, 0.25],
] as const;

const spread = [0.98, 0.99, 1, 1.01, 1.02];

const blend = methods.flatMap(([label, method, recompute_ratio, share]) =>
  [512, 2048].flatMap((input_target) =>
    spread.map(
      (factor, i): Labelled<string, BlendRecord> => ({
        ...request,
        run_index: i + 1,
        context_tokens: input_target,
        input_target,
        trial: i + 1,
        chunks: 4,
        label,
        method,
        recompute_ratio,
        ttft_seconds: (factor * share * input_target) / 1000,
      }),
    ),
  ),
);

const quality = methods.flatMap(([label, method, recompute_ratio, share]) =>
  Array.from(
    { length: 8 },
    (_, example): Labelled<string, QualityRecord> => ({
      ...request,
      example_id: `example-${example}`,
      dataset: "multihop",
      metric: "token_f1",
      score: method === "cacheblend" && example < 3 ? 0 : 1,
      prediction: "city5",
      references: ["city5"],
      wording: "plain",
      concurrency: 1,
      context_tokens: 180,
      label,
      method,
      recompute_ratio,
      ttft_seconds: share * (1 + example / 100),
    }),
  ),
);

const times = (seconds: number) => spread.map((factor) => factor * seconds);

/** A few rows of every question. */
export const REPORT_ROWS: ReportRows = {
  load: [],
  ttft: [
    ...[1000, 4000].flatMap((context_target) => [
      ...rows("vLLM", "cold", times(context_target / 10_000), { context_target }),
      ...rows("vLLM", "warm", times(context_target / 100_000), { context_target }),
      ...rows("LMCache", "cold", times(context_target / 9_000), { context_target }),
      ...rows("LMCache", "warm", times(context_target / 200_000), { context_target }),
    ]),
    ...rows("vLLM", "cold", times(0.6), { prompt_kind: "summary" }),
    ...rows("vLLM", "warm", times(0.4), { prompt_kind: "summary" }),
  ],
  blend,
  quality,
  proxy: proxyRows({ label: "litellm" }, (block, place) => ({
    direct: { e2e_seconds: 0.1 + block / 1e4 + place / 1e5, block_seconds: 0.2 },
    proxied: { e2e_seconds: 0.12 + block / 1e4 + place / 1e5, block_seconds: 0.24 },
  })) as Labelled<string, ProxyRecord>[],
};

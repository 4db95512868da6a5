import type { Total } from "../../domain/records/total.js";
import { hasKeys, numberOf, objectOf, textOf, timeOf } from "./fields.js";
import type { ForeignTool } from "./foreign-result.js";
import { type Measure, statisticOf, totalOf } from "./totals.js";
import { CONTENT } from "./ttft-definitions.js";

const PARTS = ["direct_non_streaming", "proxy_non_streaming", "proxy_streaming_ttft", "proxy_streaming_full"];

/** LiteLLM's `benchmark_chat_completions_perf.py --output-json` (1c1638ee): statistics alone, which it never writes requests beside. */
export const LITELLM_SCRIPT: ForeignTool = {
  name: "LiteLLM's benchmark script",
  form: "json",
  marks: PARTS.slice(0, 3),
  isOwn: (value) => hasKeys(value, PARTS.slice(0, 3)),
  read: ([file]) => {
    const run = objectOf(file!.value);
    return {
      version: textOf(run.revision),
      definition: CONTENT,
      kind: "proxy",
      lines: [],
      totals: [
        ...PARTS.flatMap((part) => totalsOf(objectOf(run[part]), part)),
        // Of a side that failed as a whole its times are 0, and the difference to them is no overhead.
        ...(COMPARED.some((part) => timeOf(objectOf(run[part]).p50_ms) === null) ? [] : OVERHEADS).flatMap(
          ({ statistic, ...measure }) =>
            totalOf({ run: 1, part: null, model: null }, run[measure.theirs], measure, statistic),
        ),
      ],
      leftOut: ["it holds totals alone, as that script writes no requests"],
    };
  },
};

const COMPARED = ["direct_non_streaming", "proxy_non_streaming"] as const;
const OVERHEADS = [
  {
    theirs: "client_observed_overhead_p50_ms",
    measure: "overhead_seconds",
    unit: "s",
    scale: 1e-3,
    statistic: "median",
  },
  {
    theirs: "client_observed_overhead_p95_ms",
    measure: "overhead_seconds",
    unit: "s",
    scale: 1e-3,
    statistic: "p95",
  },
] as const;

function totalsOf(statistics: ReturnType<typeof objectOf>, part: string): Total[] {
  const of = { run: 1, part, model: null };
  // `requests` counts those that failed too, and other tools' `requests` do not.
  const [all, failures] = [numberOf(statistics.requests), numberOf(statistics.failures)];
  const ended = all === null || failures === null ? null : all - failures;
  const counts: readonly Measure[] = [
    { theirs: "failures", measure: "failed_requests", unit: null },
    { theirs: "rps", measure: "requests_per_second", unit: "1/s" },
  ];
  const time = part === "proxy_streaming_ttft" ? "ttft_seconds" : "e2e_seconds";
  return [
    ...totalOf(of, ended, { theirs: "requests", measure: "requests", unit: null }, "total"),
    ...counts.flatMap((measure) => totalOf(of, statistics[measure.theirs], measure, "total")),
    ...Object.entries(statistics).flatMap(([key, value]) => {
      const name = /^(overhead_header_)?(mean|p\d+)_ms$/.exec(key);
      const statistic = name === null ? null : statisticOf(name[2]!);
      if (statistic === null) return [];
      const measure = name![1] === undefined ? time : "overhead_header_seconds";
      return totalOf(of, value, { theirs: key, measure, unit: "s", scale: 1e-3 }, statistic);
    }),
  ];
}

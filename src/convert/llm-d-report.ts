import { createHash } from "node:crypto";
import { LogError } from "../domain/errors/errors.js";
import { cutPrompts, loadPrompt } from "../domain/records/cut-prompt.js";
import { isNotItsMethod } from "../domain/records/not-its-method.js";
import type { LoadRecord } from "../domain/records/record-kinds.js";
import { formatCounted } from "../tables/format.js";
import { llmdRate, llmdStatistics } from "./llm-d-statistics.js";
import {
  careFields,
  careNotes,
  gapsOf,
  isUnsettled,
  type MeasuredRuns,
  measuredRuns,
  numberOf,
  sumOf,
  textOf,
} from "./measured-runs.js";
import type { AnyRow, RowsOfOneKind } from "./rows-of-one-kind.js";

/** The version of the format. */
const VERSION = "0.2.1";

/**
 * Requests as Benchmark Reports of llm-d, one for each run, in JSON, which readers of YAML take too.
 *
 * They contain only what the log says: no stack, because its description needs what a client does not see, and no rate if
 * the run's duration is not known. Statistics leave out requests that failed, whose prompt the server cut, or that its own report
 * contradicts; a percentile is there if at least one request lies beyond it.
 *
 * Source: llmdbenchmark/analysis/benchmark_report/br_v0_2_1_json_schema.json, llm-d-benchmark 8bc9f1dd.
 *
 * @throws LogError for records of another kind, a ramp, or rows that count TTFT to different things.
 */
export function llmdReports(read: RowsOfOneKind): {
  readonly contents: readonly string[];
  readonly leftOut: readonly string[];
} {
  const measured = measuredRuns(read, "A Benchmark Report of llm-d");
  const { runs } = measured;
  if (runs.some(([first]) => textOf(first!.ramp_strategy) !== null)) {
    const rule = "A Benchmark Report of llm-d holds averages of a whole run, which of a ramp say nothing";
    throw new LogError(`${rule}: convert it to csv, parquet or vllm-bench.`, { path: read.paths[0]! });
  }
  const isCutPrompt = cutPrompts(read.rows.map((row) => loadPrompt(row as unknown as LoadRecord)));
  const isCut: (row: AnyRow) => boolean = (row) => isCutPrompt(loadPrompt(row as unknown as LoadRecord));
  const counted = runs.map((run) =>
    run.filter((row) => row.outcome === "ok" && counts(row, measured.kind, isCut)),
  );
  const eid = digest(runs.flat());
  const reports = runs.map((run, index) => reportOf(run, counted[index]!, eid, measured, read.versions));
  return {
    contents: reports.map((report) => `${JSON.stringify(report, null, 2)}\n`),
    leftOut: notesOn(measured, counted),
  };
}

/** Whether a request that ended well is what its record calls it. */
function counts(row: AnyRow, kind: MeasuredRuns["kind"], isCut: (row: AnyRow) => boolean): boolean {
  if (isCut(row)) return false;
  return kind === "load" ? !isNotItsMethod(row as unknown as LoadRecord) : row.evidence !== "contradicted";
}

function reportOf(
  rows: readonly AnyRow[],
  counted: readonly AnyRow[],
  eid: string,
  of: MeasuredRuns,
  versions: RowsOfOneKind["versions"],
): object {
  const [first] = rows as readonly [AnyRow];
  return known({
    version: VERSION,
    run: known({
      uid: digest(rows),
      eid,
      time: timeOf(rows),
      description: descriptionOf(first, of.kind),
    }),
    scenario: known({ load: loadOf(rows, counted, of, versions) }),
    results: { request_performance: { aggregate: performanceOf(rows, counted) } },
  });
}

/** The run in words, by which its reports are told apart. */
function descriptionOf(first: AnyRow, kind: MeasuredRuns["kind"]): string {
  const { label, model, method, cache_state, context_target, prompt_kind } = first;
  const { arrivals, rate_per_second, burstiness, concurrency, level, repeat, block } = first;
  const under = (value: unknown, words: string) => (value == null ? [] : [words]);
  return [
    ...under(label, String(label)),
    ...under(model, String(model)),
    ...under(method, String(method)),
    ...under(cache_state, String(cache_state)),
    ...under(context_target, `${context_target} tokens`),
    ...under(prompt_kind, String(prompt_kind)),
    ...under(rate_per_second, `${rate_per_second} requests/s`),
    ...under(arrivals, `${arrivals} arrivals`),
    ...under(burstiness, `burstiness ${burstiness}`),
    ...(kind === "load"
      ? [
          ...under(concurrency, `concurrency ${concurrency}`),
          ...under(level, `level ${level}`),
          ...under(repeat, `repeat ${repeat}`),
          ...under(block, `block ${block}`),
        ]
      : []),
  ].join(", ");
}

/** When the run's requests were sent; its end only if every request says how long it took. */
function timeOf(rows: readonly AnyRow[]): object | null {
  const starts = rows.map(({ started_at }) => Date.parse(String(started_at)));
  const ends = rows.map(
    ({ e2e_seconds }, index) => starts[index]! + 1000 * (numberOf(e2e_seconds) ?? Number.NaN),
  );
  const seconds = numberOf(rows[0]!.block_seconds);
  const isoOf = (time: number) => (Number.isNaN(time) ? null : new Date(time).toISOString());
  const time = known({
    start: isoOf(extreme(starts, Math.min)),
    end: isoOf(extreme(ends, Math.max)),
    duration: seconds === null ? null : `PT${decimal(seconds)}S`,
  });
  return Object.keys(time).length === 0 ? null : time;
}

/** NaN if one of the numbers is. */
const extreme = (numbers: readonly number[], of: (a: number, b: number) => number): number =>
  numbers.reduce((a, b) => of(a, b));

/** ISO 8601 has no exponents. */
const decimal = (seconds: number): string =>
  /e/.test(String(seconds)) ? seconds.toFixed(9) : String(seconds);

/** The load; null where no prompt's length is known, without which the format has no place for it. */
function loadOf(
  rows: readonly AnyRow[],
  counted: readonly AnyRow[],
  { kind, keys, definition }: MeasuredRuns,
  versions: RowsOfOneKind["versions"],
): object | null {
  const [first] = rows as readonly [AnyRow];
  const lengths = counted.flatMap(({ prompt_tokens }) => numberOf(prompt_tokens) ?? []);
  if (lengths.length === 0) return null;
  const { mean, min, max } = llmdStatistics(lengths, "count")!;
  const isClosed = kind === "ttft" || first.arrivals === "closed";
  const tool = textOf(first.source_tool);
  const level = numberOf(first.level);
  const rate = numberOf(first.rate_per_second);
  const concurrency = kind === "ttft" ? 1 : numberOf(first.concurrency);
  return {
    metadata: {},
    standardized: known({
      tool: tool ?? "firsttoken",
      tool_version:
        (tool === null ? versions.get(String(first.log_path)) : textOf(first.source_version)) ?? "unknown",
      source: first.workload === "dataset" ? "sampled" : "unknown",
      stage: level === null ? null : level - 1,
      input_seq_len:
        min === max
          ? { distribution: "fixed", value: mean }
          : { distribution: "other", value: mean, ...whole({ min: min as number, max: max as number }) },
      multi_turn: first.workload === "sessions" ? { enabled: true } : null,
      rate_qps: !isClosed && rate !== null && rate > 0 ? rate : null,
      concurrency: concurrency !== null && concurrency >= 1 ? concurrency : null,
    }),
    native: {
      config: {
        ...known(Object.fromEntries(keys.map((key) => [key, first[key] ?? null]))),
        ...known({ workload: first.workload ?? null }),
        ...(kind === "load" && known(careFields(rows))),
        ttft_definition: definition,
        ttft_counts_from: "when the request was sent",
      },
    },
  };
}

/** The format has whole numbers here, and a server may report fractions. */
const whole = ({ min, max }: { readonly min: number; readonly max: number }): object =>
  Number.isInteger(min) && Number.isInteger(max) && max >= 1 ? { min, max } : {};

function performanceOf(rows: readonly AnyRow[], counted: readonly AnyRow[]): object {
  const seconds = numberOf(rows[0]!.block_seconds);
  const well = rows.filter(({ outcome }) => outcome === "ok");
  const count = (...outcomes: readonly unknown[]) =>
    rows.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const values = (key: string) => counted.flatMap((row) => numberOf(row[key]) ?? []);
  const [input, output] = [sumOf(well, "prompt_tokens"), sumOf(well, "output_tokens")];
  const rates = known({
    input_token_rate: llmdRate(input, seconds, "tokens/s"),
    output_token_rate: llmdRate(output, seconds, "tokens/s"),
    total_token_rate: llmdRate(
      input === null || output === null ? null : input + output,
      seconds,
      "tokens/s",
    ),
    request_rate: llmdRate(well.length, seconds, "queries/s"),
  });
  // A run that never settled has no averages.
  const latency = isUnsettled(rows)
    ? {}
    : known({
        time_to_first_token: llmdStatistics(values("ttft_seconds"), "s"),
        normalized_time_per_output_token: llmdStatistics(counted.flatMap(normalised), "s/token"),
        time_per_output_token: llmdStatistics(values("tpot_seconds"), "s/token"),
        inter_token_latency: llmdStatistics(recordedGaps(counted), "s/token"),
        request_latency: llmdStatistics(values("e2e_seconds"), "s"),
      });
  return known({
    requests: known({
      total: rows.length,
      failures: count("error"),
      incomplete: count("incomplete", "timeout"),
      input_length: llmdStatistics(values("prompt_tokens"), "count"),
      output_length: llmdStatistics(values("output_tokens"), "count"),
    }),
    latency: Object.keys(latency).length === 0 ? null : latency,
    throughput: Object.keys(rates).length === 0 ? null : rates,
  });
}

/** All of a request's time over all of its tokens. */
function normalised({ e2e_seconds, output_tokens }: AnyRow): readonly number[] {
  const [e2e, tokens] = [numberOf(e2e_seconds), numberOf(output_tokens)];
  return e2e === null || tokens === null || tokens <= 0 ? [] : [e2e / tokens];
}

/** All gaps between tokens, if no request lacks its own. */
function recordedGaps(rows: readonly AnyRow[]): readonly number[] {
  return rows.every(({ gaps_seconds }) => Array.isArray(gaps_seconds))
    ? rows.flatMap((row) => gapsOf(row))
    : [];
}

/** An identifier that the same requests always get. */
const digest = (rows: readonly AnyRow[]): string =>
  createHash("sha256").update(JSON.stringify(rows)).digest("hex").slice(0, 32);

/** What is not known is left out. */
const known = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

function notesOn({ kind, runs, around }: MeasuredRuns, counted: readonly (readonly AnyRow[])[]): string[] {
  const rows = runs.flat();
  const left = rows.filter(({ outcome }) => outcome === "ok").length - counted.flat().length;
  const lacking = counted.filter(
    (run) => !run.some(({ prompt_tokens }) => numberOf(prompt_tokens) !== null),
  ).length;
  const noRate = runs.filter(([first]) => numberOf(first!.block_seconds) === null).length;
  const clauses: readonly (readonly [boolean, string])[] = [
    [
      around > 0,
      `Left out: ${formatCounted(around, "request")} sent before or after the measured ones, which no statistic counts.`,
    ],
    ...careNotes(runs),
    [
      left > 0,
      `In no statistic: ${formatCounted(left, "request")} whose prompt was cut or whose cache state the server's report contradicts; total counts them.`,
    ],
    [
      lacking > 0,
      `${formatCounted(lacking, "report")} without the load (scenario), because the server did not report the length of the prompts.`,
    ],
    [
      noRate > 0,
      `${formatCounted(noRate, "report")} without rates, because the log does not say how long the run took.`,
    ],
    [
      kind === "load" && rows.some(({ arrivals }) => arrivals !== "closed"),
      "TTFT counts from when a request was sent, as in other tools; tables of loads count from when it was due.",
    ],
    [
      true,
      "Left out: the stack, texts, cached tokens and their evidence, and the server's own times. A percentile is there if at least one request lies beyond it.",
    ],
  ];
  return clauses.flatMap(([holds, clause]) => (holds ? [clause] : []));
}

import { packageVersion } from "../logs/files/run-environment.js";
import { median, quantile } from "../stats/quantile.js";
import { summary } from "../stats/summary.js";
import { formatCounted } from "../tables/format.js";
import {
  careFields,
  careNotes,
  gapsOf,
  isUnsettled,
  measuredRuns,
  numberOf,
  sumOf,
  textOf,
} from "./measured-runs.js";
import type { AnyRow, RowsOfOneKind } from "./rows-of-one-kind.js";

/** What vLLM's client says of an answer in which it saw no first token; such an answer is a failure to it. */
const NO_FIRST_TOKEN = "Never received a valid chunk to calculate TTFT.";

/**
 * Requests as `vllm bench serve --save-result --save-detailed` writes them: JSON for one run, and one run a line for several, as with
 * `--append-result`. `backend` is `firsttoken`, and `ttft_definition` says what TTFT counts to.
 *
 * Source: vllm/benchmarks/serve.py, vLLM 0.32.0.
 *
 * @throws LogError for records of another kind, or rows that count TTFT to different things.
 */
export function vllmBenchFile(read: RowsOfOneKind): {
  readonly content: string;
  readonly leftOut: readonly string[];
} {
  const { runs, keys, definition, around } = measuredRuns(read, "A result of vllm bench serve");
  const written = runs.map((run) => JSON.stringify(runOf(run, keys, definition)));
  return { content: `${written.join("\n")}\n`, leftOut: notesOn(runs, around) };
}

function runOf(rows: readonly AnyRow[], keys: readonly string[], definition: string): object {
  const [first] = rows as readonly [AnyRow];
  const well = rows.filter(endedWell);
  // A run that never settled keeps its requests, and has no averages.
  const averaged = isUnsettled(rows) ? [] : well;
  const duration = numberOf(first.block_seconds);
  const totals = { input: sumOf(well, "prompt_tokens"), output: sumOf(well, "output_tokens") };
  const each = (value: number | null) => (value === null || duration === null ? null : value / duration);
  // The requests of a TTFT log follow each other.
  const { arrivals = "closed", concurrency = 1 } = first;
  const known =
    <T>(of: (row: AnyRow) => T | null, otherwise: T) =>
    (row: AnyRow) =>
      endedWell(row) ? of(row) : otherwise;
  return {
    date: dateOf(first.started_at),
    endpoint_type: null,
    backend: "firsttoken",
    ...Object.fromEntries(keys.map((key) => [key, first[key] ?? null])),
    model_id: first.model ?? null,
    tokenizer_id: null,
    num_prompts: rows.length,
    request_rate: arrivals === "closed" ? "inf" : (first.rate_per_second ?? null),
    ...rampOf(rows),
    burstiness: arrivals === "poisson" ? 1 : (first.burstiness ?? null),
    max_concurrency: concurrency,
    duration,
    completed: well.length,
    failed: rows.length - well.length,
    total_input_tokens: totals.input,
    total_output_tokens: totals.output,
    request_throughput: each(well.length),
    output_throughput: each(totals.output),
    ...statistics(
      "ttft_ms",
      averaged.flatMap((row) => numberOf(row.ttft_seconds) ?? []),
    ),
    ...statistics(
      "tpot_ms",
      averaged.flatMap((row) => theirTpot(row) ?? []),
    ),
    ...statistics(
      "itl_ms",
      averaged.flatMap((row) => gapsOf(row)),
    ),
    ...statistics(
      "e2el_ms",
      averaged.flatMap((row) => numberOf(row.e2e_seconds) ?? []),
    ),
    input_lens: rows.map((row) => numberOf(row.prompt_tokens)),
    output_lens: rows.map(known((row) => numberOf(row.output_tokens), 0)),
    ttfts: rows.map(known((row) => numberOf(row.ttft_seconds), 0)),
    itls: rows.map(known(gapsOf, [])),
    latencies: rows.map(known((row) => numberOf(row.e2e_seconds), 0)),
    ...startsOf(rows),
    errors: rows.map((row) =>
      endedWell(row) ? "" : (textOf(row.error) ?? textOf(row.remark) ?? NO_FIRST_TOKEN),
    ),
    ...("block_steady" in first && careFields(rows)),
    ttft_definition: definition,
    firsttoken_version: packageVersion(),
  };
}

/** A ramp in vLLM's words, and the rate at which each request came, which vLLM computes from its number. */
function rampOf(rows: readonly AnyRow[]): object {
  const { ramp_strategy, ramp_start_per_second, ramp_end_per_second } = rows[0]!;
  if (textOf(ramp_strategy) === null) return {};
  return {
    request_rate: "inf",
    ramp_up_strategy: ramp_strategy,
    ramp_up_start_rps: ramp_start_per_second,
    ramp_up_end_rps: ramp_end_per_second,
    ramp_rates_per_second: rows.map((row) => numberOf(row.ramp_rate_per_second)),
  };
}

/** Whether vLLM's client counts a request as completed. */
const endedWell = (row: AnyRow): boolean => row.outcome === "ok" && numberOf(row.ttft_seconds) !== null;

/** Starts and waits by the plan's clock, if the rows know it. */
function startsOf(rows: readonly AnyRow[]): object {
  const starts = rows.map(({ scheduled_seconds, wait_seconds }) => {
    const scheduled = numberOf(scheduled_seconds);
    return scheduled === null ? null : scheduled + (numberOf(wait_seconds) ?? 0);
  });
  if (starts.includes(null)) return {};
  return { start_times: starts, queue_times: rows.map((row) => numberOf(row.wait_seconds) ?? 0) };
}

/** Time per output token as vLLM's client counts it: all that follows TTFT, over one token less. */
function theirTpot(row: AnyRow): number | null {
  const [ttft, e2e, tokens] = [row.ttft_seconds, row.e2e_seconds, row.output_tokens].map(numberOf);
  return ttft == null || e2e == null || tokens == null || tokens <= 1 ? null : (e2e - ttft) / (tokens - 1);
}

const MS = 1000;

/** The statistics of `vllm bench serve`, in milliseconds; NumPy's standard deviation divides by n. None of no values. */
function statistics(measure: string, seconds: readonly number[]): Readonly<Record<string, number>> {
  if (seconds.length === 0) return {};
  const { n, mean, sd } = summary(seconds);
  return {
    [`mean_${measure}`]: mean * MS,
    [`median_${measure}`]: median(seconds) * MS,
    [`std_${measure}`]: (sd ?? 0) * Math.sqrt((n - 1) / n) * MS,
    [`p99_${measure}`]: quantile(seconds, 0.99) * MS,
  };
}

function notesOn(runs: readonly (readonly AnyRow[])[], around: number): string[] {
  const rows = runs.flat();
  const count = (of: (row: AnyRow) => boolean) => rows.filter(of).length;
  const silent = count((row) => row.outcome === "ok" && !endedWell(row));
  const lengths = count((row) => numberOf(row.prompt_tokens) === null);
  const clauses: readonly (readonly [boolean, string])[] = [
    [
      runs.length > 1,
      `${runs.length} runs, one a line, as with --append-result: vLLM's file is of one label, level and cache state.`,
    ],
    [
      around > 0,
      `Left out: ${formatCounted(around, "request")} sent before or after the measured ones, which no statistic counts.`,
    ],
    ...careNotes(runs),
    [
      silent > 0,
      `Ended well without a first token, which vLLM counts as failed: ${formatCounted(silent, "request")}.`,
    ],
    [
      lengths > 0,
      `Null in input_lens, because the server did not report the length of the prompt: ${formatCounted(lengths, "request")}.`,
    ],
    [
      count((row) => gapsOf(row).length > 0) < rows.length,
      "Times between tokens (itls) are there only for requests whose gaps were recorded.",
    ],
    [
      true,
      "Left out: texts, cached tokens and their evidence, the server's own times, and when requests began by the wall clock. Latencies count to the end of the stream.",
    ],
  ];
  return clauses.flatMap(([holds, clause]) => (holds ? [clause] : []));
}

/** The date as `20261120-100000`, UTC. */
const dateOf = (started: unknown): string | null =>
  typeof started === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(started)
    ? started.slice(0, 19).replace(/[-:]/g, "").replace("T", "-")
    : null;

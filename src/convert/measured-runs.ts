import { group } from "d3-array";
import { LogError } from "../domain/errors/errors.js";
import { OWN_DEFINITION } from "../domain/records/log-origin.js";
import type { LoadRecord } from "../domain/records/record-kinds.js";
import { isSteady } from "../stats/trend.js";
import { formatCounted } from "../tables/format.js";
import type { AnyRow, RowsOfOneKind } from "./rows-of-one-kind.js";

/** What must be the same for requests to be of one run. */
const RUN_KEYS = {
  load: [
    "label",
    "model",
    "method",
    "arrivals",
    "rate_per_second",
    "burstiness",
    "ramp_strategy",
    "ramp_start_per_second",
    "ramp_end_per_second",
    "ramp_seconds",
    "concurrency",
    "level",
    "repeat",
    "block",
  ],
  ttft: ["label", "model", "prompt_kind", "context_target", "cache_state"],
} as const;

/** The requests of a load or a TTFT log by run: one label, level and cache state each. */
export interface MeasuredRuns {
  readonly kind: keyof typeof RUN_KEYS;
  /** Those keys that are the same for all requests of a run. */
  readonly keys: readonly string[];
  /** At least one, each with at least one request. */
  readonly runs: readonly (readonly AnyRow[])[];
  /** Up to what all of them measure TTFT. */
  readonly definition: string;
  /** How many requests were sent before or after the measured ones, and are left out. */
  readonly around: number;
}

/**
 * The runs that a file of another tool could have measured.
 *
 * @param file what is to be written, such as `A result of vllm bench serve`.
 * @throws LogError for records of another kind, rows that count TTFT to different things, or none that was measured.
 */
export function measuredRuns({ kind, rows, paths }: RowsOfOneKind, file: string): MeasuredRuns {
  const [path] = paths as readonly [string];
  if (kind !== "load" && kind !== "ttft") {
    const rule = `${file} holds requests of a load or of a TTFT log`;
    throw new LogError(`${rule}, and these are ${kind} records: convert them to csv or parquet.`, { path });
  }
  const [definition, ...others] = new Set(rows.map((row) => textOf(row.ttft_definition) ?? OWN_DEFINITION));
  if (others.length > 0) {
    const several = [definition, ...others].join("; ");
    throw new LogError(
      `These rows count TTFT to different things (${several}), and ${lower(file)} can't say so: convert each by itself.`,
      { path },
    );
  }
  const measured = rows.filter((row) => kind === "ttft" || row.phase === "measured");
  if (measured.length === 0)
    throw new LogError("No request was measured: all were sent before or after the measured ones.", {
      path,
    });
  const keys: readonly string[] = RUN_KEYS[kind];
  const runs = [...group(measured, (row) => JSON.stringify(keys.map((key) => row[key] ?? null))).values()];
  return { kind, keys, runs, definition: definition!, around: rows.length - measured.length };
}

const lower = (text: string): string => `${text[0]!.toLowerCase()}${text.slice(1)}`;

export const textOf = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value : null;
export const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
export const gapsOf = (row: AnyRow): readonly number[] =>
  Array.isArray(row.gaps_seconds) ? row.gaps_seconds : [];

/** Whether TTFT rose or fell over a run, which then has no average; of a block that several parts made, all its rows tell. */
export function isUnsettled(run: readonly AnyRow[]): boolean {
  const [first] = run;
  if (first?.shard == null || textOf(first.ramp_strategy) !== null) return first?.block_steady === false;
  const rows = run as unknown as readonly LoadRecord[];
  return isSteady([...rows].sort((a, b) => a.run_index - b.run_index)) === false;
}

/** What a file can't say of its runs: which have no averages, and where the client was the limit. */
export function careNotes(runs: readonly (readonly AnyRow[])[]): readonly (readonly [boolean, string])[] {
  const unsettled = runs.filter(isUnsettled).length;
  const limited = runs.filter(isClientLimited).length;
  return [
    [
      unsettled > 0,
      `No averages of ${formatCounted(unsettled, "run")} over which TTFT rose or fell (block_steady).`,
    ],
    [limited > 0, `The client may have been the limit in ${formatCounted(limited, "run")} (client_limit).`],
  ];
}

const isClientLimited = (run: readonly AnyRow[]): boolean =>
  run.some(({ client_limit }) => textOf(client_limit) !== null && client_limit !== "none");

/** The same for a program that reads the file. */
export const careFields = (run: readonly AnyRow[]): Readonly<Record<string, unknown>> => ({
  block_steady: isUnsettled(run) ? false : (run[0]?.block_steady ?? null),
  client_limit: run.find((row) => isClientLimited([row]))?.client_limit ?? run[0]?.client_limit ?? null,
});

/** A sum, if every row has its value. */
export function sumOf(rows: readonly AnyRow[], key: string): number | null {
  let sum = 0;
  for (const row of rows) {
    const value = numberOf(row[key]);
    if (value === null) return null;
    sum += value;
  }
  return sum;
}

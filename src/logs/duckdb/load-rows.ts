import { named } from "./duckdb.js";

const TEXT = "VARCHAR";

/** What distinguishes the cells of a load, by the types that the columns have here. */
export const CELL_COLUMNS = {
  ...{ label: TEXT, model: TEXT, own_label: TEXT, log_label: TEXT, log_server: TEXT, ttft_definition: TEXT },
  ...{ method: TEXT, recompute_ratio: "DOUBLE", tokens_per_chunk: "DOUBLE", selector: TEXT },
  ...{ check_layer: "DOUBLE", filtering: TEXT, workload: TEXT, arrivals: TEXT, burstiness: "DOUBLE" },
  ...{ rate_per_second: "DOUBLE", concurrency: "DOUBLE", level: "DOUBLE" },
} as const;

/** The columns that must be there. */
export const REQUIRED_COLUMNS = [
  "level",
  "phase",
  "outcome",
  "evidence",
  "ttft_seconds",
  "workload",
] as const;

const OTHERS = {
  ...{ log_path: TEXT, repeat: "DOUBLE", block: "DOUBLE", block_starts_at: TEXT, shard: "DOUBLE" },
  ...{ block_measured_requests: "DOUBLE", block_steady: "BOOLEAN", ramp_strategy: TEXT },
  ...{ phase: TEXT, outcome: TEXT, evidence: TEXT },
  ...{ cached_tokens: "DOUBLE", expected_cached_tokens: "DOUBLE", prompt_tokens: "DOUBLE" },
  ...{ context_tokens: "DOUBLE", token_counter: TEXT, example_id: TEXT },
  ...{ ttft_seconds: "DOUBLE", first_reasoning_seconds: "DOUBLE", wait_seconds: "DOUBLE" },
} as const;

/** What of a load's columns a summary reads. */
export type LoadColumn = keyof typeof CELL_COLUMNS | keyof typeof OTHERS;

/**
 * The query that gives the rows of a load those columns, whichever of them its files have, with numbers that are finite or null;
 * and besides the file's path, under `from_file`.
 */
export function loadRows(table: string, there: ReadonlySet<string>): string {
  const columns = Object.entries({ ...CELL_COLUMNS, ...OTHERS }).map(([column, type]) => {
    const value = there.has(column) ? named(column) : "NULL";
    if (type !== "DOUBLE") return `${value}::${type} AS ${named(column)}`;
    return `CASE WHEN isfinite(${value}::DOUBLE) THEN ${value}::DOUBLE END AS ${named(column)}`;
  });
  return `SELECT ${columns.join(", ")}, filename AS from_file FROM ${table}`;
}

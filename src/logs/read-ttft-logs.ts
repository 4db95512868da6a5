import { ttftCell } from "../domain/records/cells.js";
import { TTFT_COLUMNS } from "../domain/records/columns.js";
import type { LogOrigin } from "../domain/records/log-origin.js";
import type { Labelled, TtftRecord } from "../domain/records/record-kinds.js";
import type { ReadOptions } from "./files/jsonl.js";
import type { LabelsOf, LogSources } from "./files/sources.js";
import { readLogs } from "./read-logs.js";
import { type SeedStates, ttftParser } from "./records/record-lines.js";
import type { CellOf } from "./whole-runs.js";

/** The rows of TTFT logs, each with the label it is compared under. */
export type TtftRows<L extends string = string> = readonly (Labelled<L, TtftRecord> & LogOrigin)[];

/** Options for reading TTFT logs. */
export interface TtftReadOptions extends ReadOptions {
  /**
   * The cache states for lines without one, such as the original's: `{ first: "cold", following: "warm" }`; left out, they
   * have none.
   */
  readonly seedStates?: SeedStates;
}

/** Where the row of a sweep stands in its run's plan. */
export const TTFT_PLACE: CellOf<TtftRecord> = {
  cell: ttftCell,
  arm: ({ cache_state }) => String(cache_state),
  armsOf: () => 2,
  // What failed cold is not sent again as warm.
  isWhole: ({ outcome }) => outcome !== "ok",
};

/**
 * Reads and merges TTFT logs in the order they are given.
 *
 * The label of a row is the key of its source; without a map of sources it is the record's own, else the file's name without
 * `.jsonl` (with its folder, if two files share a name). All rows have their keys in the same order, followed by unknown keys
 * and by where the row was read from: its own label, and its log's key, path and server.
 *
 * @param sources a log's path, a folder, a glob (`*`, `?`, `**`), a list of these, or a map of labels to any of them.
 * @throws LogError for a file that can't be read, a glob without a match, or (unless skipped) a bad line; OptionError if no
 * source is given.
 * @example
 * const rows = await ttft.read({ vLLM: "results/vllm.jsonl", "vLLM + LMCache": "results/lmcache/*.jsonl" });
 * rows[0].label // "vLLM"
 */
export async function readTtftLogs<const S extends LogSources>(
  sources: S,
  { seedStates, ...options }: TtftReadOptions = {},
): Promise<TtftRows<LabelsOf<S>>> {
  const rows = await readLogs<TtftRecord>(
    sources,
    {
      kind: "ttft",
      columns: TTFT_COLUMNS,
      parserFor: (file) => ttftParser({ label: (own) => file.label ?? own ?? file.name, seedStates }),
      place: TTFT_PLACE,
      fingerprintOf: (row) => row.ttft_seconds,
    },
    options,
  );
  // The parser gives every row its source's key, which the compiler can't follow.
  return rows as unknown as TtftRows<LabelsOf<S>>;
}

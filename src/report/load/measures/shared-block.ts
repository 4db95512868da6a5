import { group } from "d3-array";
import { largest, smallest } from "../../../domain/extremes.js";
import type { LoadRecord } from "../../../domain/records/record-kinds.js";
import { MAY_LACK } from "../../../domain/records/whole-block.js";
import { isSteady } from "../../../stats/trend.js";
import { clientLimitOf } from "./client-limited.js";

/** What the rows of a block tell of the parts that sent its requests together. */
export interface BlockParts {
  /** How many measured requests it was meant to have. */
  readonly planned: number;
  /** How long after its stated time the latest part began. */
  readonly lateSeconds: number;
  /** By how much the clocks of its parts differ at least, as the server's clock shows; 0 where it shows nothing. */
  readonly apartSeconds: number;
}

/** Null for a block that one process sent. */
export function partsOf(rows: readonly LoadRecord[]): BlockParts | null {
  const planned = rows[0]?.block_measured_requests ?? null;
  if (planned === null || rows[0]?.shard == null) return null;
  const late = rows.map(({ shard_late_seconds }) => shard_late_seconds ?? 0);
  return { planned, lateSeconds: Math.max(0, largest(late)), apartSeconds: apartSeconds(rows) };
}

function apartSeconds(rows: readonly LoadRecord[]): number {
  const clocks = rows.flatMap(({ clock_offset_seconds: offset, clock_offset_error_seconds: error }) =>
    offset == null || error == null ? [] : [{ least: offset - error, most: offset + error }],
  );
  return Math.max(0, largest(clocks.map(({ least }) => least)) - smallest(clocks.map(({ most }) => most)));
}

/** Whether parts sent nearly all requests of a block: without the others, the server was under a lower load than is stated. */
export const isWhole = (rows: readonly LoadRecord[], { planned }: BlockParts): boolean =>
  rows.length >= (1 - MAY_LACK) * planned;

/** A block of several parts: as long as its longest part, and steady or not by all its requests in their order. */
export function sharedBlock<R extends LoadRecord>(rows: readonly R[], parts: BlockParts) {
  const ordered = [...rows].sort((one, other) => one.run_index - other.run_index);
  const seconds = rows.flatMap(({ block_seconds }) => block_seconds ?? []);
  const limits = [...group(rows, ({ shard }) => shard)].map(([, own]) => clientLimitOf(own));
  return {
    rows: ordered,
    seconds: seconds.length === 0 ? null : largest(seconds),
    steady: ordered[0]?.ramp_strategy == null ? isSteady(ordered) : null,
    clientLimit: limits.find((limit) => limit !== null && limit !== "none") ?? limits[0] ?? null,
    parts,
  };
}

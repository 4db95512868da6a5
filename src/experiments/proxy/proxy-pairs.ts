import { LogError } from "../../domain/errors/errors.js";
import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import type { RunLog } from "../../logs/files/run-log.js";
import type { Cell } from "./load-cells.js";

/** The position of a pair of blocks in a run. */
type PairPlace = Pick<ProxyRecord, "label" | "repeat" | "mode" | "concurrency" | "rate_per_second" | "block">;

/** A name for a pair of blocks. */
export function pairKey({ label, repeat, mode, concurrency, rate_per_second, block }: PairPlace): string {
  return JSON.stringify([label, repeat, mode, concurrency, rate_per_second, block]);
}

/**
 * The pairs of blocks that a resumed log already contains.
 *
 * @throws LogError if one does not have the size this run would give it, because the log then belongs to another run.
 */
export function earlierPairs(
  { path, earlier }: RunLog<ProxyRecord>,
  cells: readonly Cell[],
): ReadonlySet<string> {
  const found = new Map<string, { readonly place: ProxyRecord; direct: number; proxied: number }>();
  for (const row of earlier) {
    const key = pairKey(row);
    const pair = found.get(key) ?? { place: row, direct: 0, proxied: 0 };
    pair[row.target]++;
    found.set(key, pair);
  }
  for (const { place, direct, proxied } of found.values()) {
    const cell = cells.find(
      ({ repeat, mode, concurrency, rate_per_second }) =>
        repeat === place.repeat &&
        mode === place.mode &&
        concurrency === place.concurrency &&
        rate_per_second === place.rate_per_second,
    );
    const size = cell?.sizes[(place.block ?? 0) - 1];
    if (cell === undefined || (size === direct && size === proxied)) continue;
    throw new LogError(
      `${path} can't be resumed: its block ${place.block} (${place.mode}) has ${direct} direct and ${proxied} proxied ` +
        `requests where this run would have ${size ?? "none"}. Use the options it was started with, or start over with --overwrite (overwrite: true).`,
      { path },
    );
  }
  return new Set(found.keys());
}

import type { FirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { ttftTable } from "../../report/ttft/ttft-table.js";
import { formatInterval, formatNumber } from "../../tables/format.js";
import { type Sink, wrapped } from "./console.js";

/**
 * The line after the runs: how many times sooner the first token came from the cache, its interval where there is one, and the
 * evidence; empty where no run counts.
 */
export function ttftClosing(records: readonly TtftRecord[], firstToken: FirstToken, out: Sink): string {
  const shown = (sentence: string) => `\n${wrapped(out, sentence)}\n`;
  const labelled = records.map((record) => ({ ...record, label: "ttft" }));
  const [row] = ttftTable(labelled, { firstToken }).rows;
  if (row === undefined) return "";
  const { cold_median_seconds: cold, warm_median_seconds: warm, speedup, speedup_low, speedup_high } = row;
  const proven = (kind: TtftRecord["evidence"]) =>
    records.filter(({ outcome, evidence }) => outcome === "ok" && evidence === kind).length;
  const evidence =
    `cache state by the server's own report: ${proven("proven")} proven, ${proven("contradicted")} contradicted, ` +
    `${proven("unproven")} unproven`;
  if (cold === null || warm === null || speedup === null)
    return shown(`No ratio of cold to warm; ${evidence}.`);
  const hasInterval = speedup_low !== null && speedup_high !== null;
  const ratio = hasInterval
    ? `${formatInterval({ estimate: speedup, low: speedup_low, high: speedup_high })} (95 % CI)`
    : `${formatNumber(speedup)} (no interval: ${row.cold_n} cold, ${row.warm_n} warm)`;
  const times = [cold, warm].map((seconds) => formatNumber(seconds * 1_000)).join(" / ");
  return shown(`Cold / warm: × ${ratio}, ${times} ms; ${evidence}.`);
}

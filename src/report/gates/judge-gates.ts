import type { Gate, GateMetric, GateUnit, TimeStatistic } from "../../domain/records/gate.js";
import { quantile } from "../../stats/quantile.js";
import { formatNumber } from "../../tables/format.js";
import { secondsAt } from "../../tables/number-cells.js";
import { tooFewFor } from "../percentiles.js";

/** A row's value of a metric, or the reason there is none. */
export type GateValue = number | { readonly missing: string };

/** A row that gates are judged on. */
export interface GateSubject {
  /** Its name in a sentence, such as `CacheBlend 15% at 2/s`. */
  readonly name: string;
  /** Undefined for metrics that do not apply to such a row, such as the speed-up of a baseline. */
  valueOf(metric: GateMetric): GateValue | undefined;
}

/** A row that fails a gate, with its value or the reason there is none. */
export interface FailedRow {
  /** Null if the gate applies to no row. */
  readonly row: string | null;
  readonly value: number | null;
  readonly reason: string | null;
}

/** The result of a gate. */
export interface GateResult {
  readonly gate: string;
  readonly failed: boolean;
  /** The rows that fail it; empty if none does. */
  readonly rows: readonly FailedRow[];
  /** Why it fails, in a sentence; null if it does not. */
  readonly sentence: string | null;
}

/**
 * Judges gates on rows: a gate fails if its rule holds for some row, or if it can't be judged because a row lacks the number
 * or the gate applies to no row. A missing number never passes.
 */
export function judgeGates(gates: readonly Gate[], subjects: readonly GateSubject[]): GateResult[] {
  return gates.map((gate) => {
    const asked = subjects.flatMap((subject) => {
      const value = subject.valueOf(gate.metric);
      return value === undefined ? [] : [{ row: subject.name, value }];
    });
    const rows: FailedRow[] =
      asked.length === 0
        ? [
            {
              row: null,
              value: null,
              reason: subjects.length === 0 ? "nothing was measured" : "no row has it",
            },
          ]
        : asked.flatMap(({ row, value }): FailedRow[] => {
            if (typeof value !== "number") return [{ row, value: null, reason: value.missing }];
            // A comparison with NaN would hold for no row.
            if (Number.isNaN(value)) return [{ row, value: null, reason: "it is not a number" }];
            return gate.fails(value) ? [{ row, value, reason: null }] : [];
          });
    return { gate: gate.text, failed: rows.length > 0, rows, sentence: sentenceOf(gate, rows) };
  });
}

/** How many rows a sentence names. */
const NAMED = 3;

function sentenceOf(gate: Gate, rows: readonly FailedRow[]): string | null {
  if (rows.length === 0) return null;
  const told = rows.slice(0, NAMED).map(({ row, value, reason }) => {
    const where = row === null ? "" : ` of ${row}`;
    if (reason !== null) return `${gate.name}${where} can't be judged: ${reason}`;
    if (gate.metric.kind === "no worse") return `no worse is not shown${where}`;
    return `${gate.name}${where} is ${valueText(value!, gate.unit)}`;
  });
  const more = rows.length > NAMED ? `; and ${rows.length - NAMED} more rows` : "";
  return `Failed: ${gate.text}: ${told.join("; ")}${more}.`;
}

function valueText(value: number, unit: GateUnit | null): string {
  if (unit === "seconds") return `${formatNumber(value)} s`;
  if (unit === "share") return `${formatNumber(100 * value)} %`;
  if (unit === "count") return String(value);
  return unit === "per second" ? `${formatNumber(value)}/s` : formatNumber(value);
}

/** A statistic of times, or the reason there is none; `whyNone` if there are no times. */
export function statisticOf(
  seconds: readonly number[],
  statistic: TimeStatistic,
  whyNone: string,
): GateValue {
  if (seconds.length === 0) return { missing: whyNone };
  if (statistic === "median") return quantile(seconds, 0.5);
  if (statistic === "mean") return seconds.reduce((sum, value) => sum + value, 0) / seconds.length;
  return secondsAt(seconds, statistic / 100) ?? { missing: tooFewFor(statistic, seconds.length) };
}

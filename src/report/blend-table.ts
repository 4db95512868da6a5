import { group } from "d3-array";
import type { BlendRecord } from "../domain/blend-record.js";
import { cutPrompts } from "../domain/cut-prompt.js";
import type { Estimate } from "../stats/interval.js";
import { median } from "../stats/quantile.js";
import { random } from "../stats/random.js";
import { ratioOfMedians } from "../stats/ratio-of-medians.js";
import { summary } from "../stats/summary.js";
import { soonest } from "./best.js";
import { breakEven } from "./break-even.js";
import { boundsOf, estimateCell } from "./estimate-cell.js";
import { formatCount, formatSeconds, formatSpread, timeUnit } from "./format.js";
import { inputLengthOf } from "./input-length.js";
import { methodCell, methodNotes } from "./method-cell.js";
import { baselineOf, labelOf } from "./method-label.js";
import { byMethod } from "./method-order.js";
import { Table } from "./table.js";
import { type Cell, missing } from "./table-parts.js";

/** How a length table is made. */
export interface BlendTableOptions<L extends string = string> {
  /** The label speed-ups are relative to; default that of full prefill. */
  readonly baseline?: L;
}

/** One row of a length table's data: one method at one input length. Times in seconds. */
export interface BlendTableRow {
  readonly input_tokens: number;
  readonly label: string;
  readonly is_baseline: boolean;
  readonly n: number;
  readonly failed_n: number;
  readonly contradicted_n: number;
  /** Left out, for the server cut their prompts. */
  readonly cut_n: number;
  readonly ttft_mean_seconds: number | null;
  readonly ttft_sd_seconds: number | null;
  readonly ttft_median_seconds: number | null;
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  readonly collect_median_seconds: number | null;
  /** How often the collected KV must be used before collecting has paid. */
  readonly break_even_n: number | null;
}

/**
 * TTFT by input length and method: mean ± standard deviation, median, speed-up over the baseline with its 95 %
 * interval, what collecting cost, and after how many uses that has paid.
 *
 * Failed requests and those the server's report contradicts are in no number; notes count them.
 *
 * @throws OptionError for a baseline that is no label of the rows.
 */
export function blendTable<R extends BlendRecord>(
  rows: readonly R[],
  options: BlendTableOptions<NonNullable<R["label"]>> = {},
): Table<BlendTableRow> {
  const baseline = baselineOf(rows, options.baseline);
  const lengths = [...group(rows, inputLengthOf, labelOf)].sort(([a], [b]) => a - b);
  const isCut = cutPrompts(rows);
  const measured = lengths.flatMap(([input_tokens, byLabel]) => {
    const base = methodCell(byLabel.get(baseline ?? "") ?? [], isCut).seconds;
    const inOrder = [...byLabel].sort(([, [a]], [, [b]]) => byMethod(a!, b!));
    const cells = inOrder.map(([, cellRows]) => methodCell(cellRows, isCut));
    const best = soonest(
      cells.map(({ seconds }) => seconds),
      random("blend table, bold").fork(String(input_tokens)),
    );
    return inOrder.map(([label], index) => {
      const cell = cells[index]!;
      const source = random("blend table").fork(label).fork(String(input_tokens));
      const speedup: Estimate | null =
        baseline === null || label === baseline
          ? null
          : ratioOfMedians(base, cell.seconds, { random: source });
      return { input_tokens, label, cell, speedup, breakEven: breakEven(cell, base), isBest: best[index]! };
    });
  });
  const unit = timeUnit(measured.flatMap(({ cell }) => cell.seconds));
  const time = (values: readonly number[]): Cell =>
    values.length === 0 ? missing("no request counted") : { text: formatSeconds(median(values), unit) };

  return new Table<BlendTableRow>({
    columns: [
      { header: "input\n(tokens)", align: "right", isKey: true },
      { header: "method", align: "left", isKey: true, widest: 24 },
      { header: "n", align: "right" },
      { header: "TTFT\nmean ± sd", unit, align: "right" },
      { header: "TTFT\nmedian", unit, align: "right" },
      { header: "speed-up\n× [95 % CI]", align: "right" },
      { header: "collect\nmedian", unit, align: "right" },
      { header: "break-even\n(uses)", align: "right" },
    ],
    lines: measured.map(({ input_tokens, label, cell, speedup, breakEven, isBest }) => {
      const stats = cell.seconds.length === 0 ? null : summary(cell.seconds);
      return {
        cells: [
          { text: formatCount(input_tokens) },
          { text: label },
          { text: String(cell.seconds.length) },
          spreadCell(stats, unit),
          { ...time(cell.seconds), isBest },
          speedup === null
            ? { text: label === baseline ? "baseline" : "—" }
            : {
                ...estimateCell(speedup, cell.seconds.length === 0 ? "no request counted" : undefined),
                isBest,
              },
          cell.collectSeconds.length === 0 ? { text: "" } : time(cell.collectSeconds),
          cell.collectSeconds.length === 0
            ? { text: "" }
            : "reason" in breakEven
              ? missing(breakEven.reason)
              : { text: formatCount(Math.ceil(breakEven.uses)) },
        ],
        data: {
          input_tokens,
          label,
          is_baseline: label === baseline,
          n: cell.seconds.length,
          failed_n: cell.failed,
          contradicted_n: cell.evidence.contradicted,
          cut_n: cell.cut.length,
          ttft_mean_seconds: stats?.mean ?? null,
          ttft_sd_seconds: stats?.sd ?? null,
          ttft_median_seconds: stats?.median ?? null,
          speedup: speedup?.estimate ?? null,
          speedup_low: boundsOf(speedup).low,
          speedup_high: boundsOf(speedup).high,
          collect_median_seconds: cell.collectSeconds.length === 0 ? null : median(cell.collectSeconds),
          break_even_n:
            "uses" in breakEven && cell.collectSeconds.length > 0 ? Math.ceil(breakEven.uses) : null,
        },
      };
    }),
    notes: [
      ...(baseline === null
        ? ["No method is full prefill and no baseline was named, so there is no speed-up."]
        : []),
      "Speed-up: ratio of median TTFTs, percentile bootstrap. Collecting is in no TTFT; break-even is the uses of the " +
        "collected KV after which it has paid.",
      ...methodNotes(rows),
    ],
    method:
      "n: requests counted in a cell. TTFT in " +
      `${unit}, from the request's first byte handed to an open connection to the first non-empty text. Brackets: 95 % ` +
      "intervals of 10,000 resamples.",
  });
}

/**
 * The seed's lines, one a length and method beside the baseline:
 * `Length 512: Full Prefill 0.135s, CacheBlend 15% 0.041s, Speedup 3.29×`.
 */
export function blendLines(table: Table<BlendTableRow>): string[] {
  const { rows } = table;
  return rows.flatMap((row) => {
    const base = rows.find((one) => one.input_tokens === row.input_tokens && one.is_baseline);
    if (row.speedup === null || base === undefined) return [];
    const time = ({ label, ttft_median_seconds }: BlendTableRow) =>
      `${label} ${ttft_median_seconds?.toFixed(3)}s`;
    return [`Length ${row.input_tokens}: ${time(base)}, ${time(row)}, Speedup ${row.speedup.toFixed(2)}×`];
  });
}

function spreadCell(
  stats: { readonly mean: number; readonly sd: number | null } | null,
  unit: "ms" | "s",
): Cell {
  if (stats === null) return missing("no request counted");
  if (stats.sd === null)
    return { text: formatSeconds(stats.mean, unit), note: "one value has no standard deviation" };
  return { text: formatSpread(stats.mean, stats.sd, unit) };
}

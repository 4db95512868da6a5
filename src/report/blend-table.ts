import type { BlendRecord } from "../domain/blend-record.js";
import { cutPrompts, type IsCut } from "../domain/cut-prompt.js";
import type { Estimate } from "../stats/interval.js";
import { median } from "../stats/quantile.js";
import { random } from "../stats/random.js";
import { ratioOfMedians } from "../stats/ratio-of-medians.js";
import { summary } from "../stats/summary.js";
import { soonest } from "./best.js";
import { breakEven } from "./break-even.js";
import { boundsOf, estimateCell } from "./estimate-cell.js";
import { formatCount, formatSeconds, formatSpread, timeUnit } from "./format.js";
import { BLEND_SETTING, inputLengthOf } from "./input-length.js";
import { methodCell, methodNotes } from "./method-cell.js";
import { type MethodGroup, methodGroups } from "./method-groups.js";
import { Table } from "./table.js";
import { type Cell, missing } from "./table-parts.js";

/** How a length table is made. */
export interface BlendTableOptions<L extends string = string> {
  /** The label speed-ups are relative to; default the full prefill of the same model and server. */
  readonly baseline?: L;
}

/** One row of a length table's data: one method at one input length. Times in seconds. */
export interface BlendTableRow {
  readonly input_tokens: number;
  /** With what tells it apart, where one label holds several models or servers. */
  readonly label: string;
  readonly model: string | null;
  /** What tells its group of comparable methods from the others, as `A40`; empty where there is one. */
  readonly group: string;
  readonly is_baseline: boolean;
  /** The label that this row is compared with; null where its group has no baseline. */
  readonly baseline: string | null;
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
 * interval, what collecting cost, and after how many uses that has paid. Each model and server has its own baseline.
 *
 * Failed requests and those the server's report contradicts are in no number; notes count them.
 *
 * @throws OptionError for a baseline that is no label of the rows.
 */
export function blendTable<R extends BlendRecord>(
  rows: readonly R[],
  options: BlendTableOptions<NonNullable<R["label"]>> = {},
): Table<BlendTableRow> {
  const isCut = cutPrompts(rows);
  const { groups, notes } = methodGroups(rows, options.baseline, BLEND_SETTING);
  const lengths = [...new Set(rows.map(inputLengthOf))].sort((a, b) => a - b);
  const measured = lengths.flatMap((input_tokens) =>
    groups.flatMap((one) => measureGroup(one, input_tokens, isCut)),
  );
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
    lines: measured.map(({ input_tokens, group, method, baseline, cell, speedup, breakEven, isBest }) => {
      const { name: label, traits } = method;
      const isBaseline = baseline === label;
      const stats = cell.seconds.length === 0 ? null : summary(cell.seconds);
      return {
        cells: [
          { text: formatCount(input_tokens) },
          { text: label },
          { text: String(cell.seconds.length) },
          spreadCell(stats, unit),
          { ...time(cell.seconds), isBest },
          isBaseline
            ? { text: "baseline" }
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
          model: traits.get("model") ?? null,
          group,
          is_baseline: isBaseline,
          baseline,
          n: cell.seconds.length,
          failed_n: cell.failed,
          contradicted_n: cell.evidence.contradicted,
          cut_n: cell.cut.length,
          ttft_mean_seconds: stats?.mean ?? null,
          ttft_sd_seconds: stats?.sd ?? null,
          ttft_median_seconds: stats?.median ?? null,
          speedup: isBaseline ? null : speedup.estimate,
          speedup_low: isBaseline ? null : boundsOf(speedup).low,
          speedup_high: isBaseline ? null : boundsOf(speedup).high,
          collect_median_seconds: cell.collectSeconds.length === 0 ? null : median(cell.collectSeconds),
          break_even_n:
            "uses" in breakEven && cell.collectSeconds.length > 0 ? Math.ceil(breakEven.uses) : null,
        },
      };
    }),
    notes: [
      ...(options.baseline === undefined && groups.every(({ fullPrefill }) => fullPrefill === null)
        ? ["No method is full prefill and no baseline was named, so there is no speed-up."]
        : []),
      "Speed-up: ratio of median TTFTs, 95 % bootstrap interval. Collecting is in no TTFT; break-even is the uses of the " +
        "collected KV after which it has paid.",
      ...notes,
      ...methodNotes(rows),
    ],
    method:
      "n: requests counted in a cell. TTFT in " +
      `${unit}, from the request's first byte handed to an open connection to the first non-empty text. Brackets: 95 % ` +
      "intervals of 10,000 resamples.",
  });
}

/** One group's methods at one input length, each against the group's baseline. */
function measureGroup<R extends BlendRecord>(
  { name: group, methods }: MethodGroup<R>,
  input_tokens: number,
  isCut: IsCut,
) {
  const cellOf = ({ rows }: { readonly rows: readonly R[] }) =>
    methodCell(
      rows.filter((row) => inputLengthOf(row) === input_tokens),
      isCut,
    );
  const present = methods.filter(({ rows }) => rows.some((row) => inputLengthOf(row) === input_tokens));
  const cells = present.map(cellOf);
  const best = soonest(
    cells.map(({ seconds }) => seconds),
    random("blend table, bold").fork(String(input_tokens)),
  );
  return present.map((method, index) => {
    const cell = cells[index]!;
    const source = random("blend table").fork(method.name).fork(String(input_tokens));
    const { series } = method.baseline;
    const reason =
      "reason" in method.baseline
        ? method.baseline.reason
        : `${series?.name} was not measured at this length`;
    const base = series === null ? null : cellOf(series);
    const none = base === null || base.requests === 0;
    const speedup: Estimate = none
      ? { estimate: null, reason }
      : ratioOfMedians(base.seconds, cell.seconds, { random: source });
    return {
      ...{ input_tokens, group, method, cell, speedup, isBest: best[index]! },
      baseline: series?.name ?? null,
      breakEven: none ? { reason } : breakEven(cell, base.seconds),
    };
  });
}

/**
 * The seed's lines, one a length and method beside the baseline:
 * `Length 512: Full Prefill 0.135s, CacheBlend 15% 0.041s, Speedup 3.29×`.
 */
export function blendLines(table: Table<BlendTableRow>): string[] {
  const { rows } = table;
  return rows.flatMap((row) => {
    const base = rows.find((one) => one.input_tokens === row.input_tokens && one.label === row.baseline);
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

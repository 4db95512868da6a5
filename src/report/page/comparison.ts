import { group } from "d3-array";
import { formatCount, formatInterval, formatNumber } from "../../tables/format.js";
import { Table } from "../../tables/table.js";
import { type Cell, missing } from "../../tables/table-parts.js";
import type { LoadTableRow } from "../load/load-row.js";
import type { BlendTableRow } from "../methods/blend-table.js";
import type { QualityTableRow } from "../methods/quality-comparison.js";
import { loadName } from "../proxy/measures/proxy-load.js";
import type { ProxyTableRow } from "../proxy/proxy-row.js";
import { NOT_COMPARED, type TtftComparisonRow } from "../ttft/ttft-comparison.js";

/** What a comparison shows; the interval of the difference decides. */
export type Verdict =
  | "sooner"
  | "later"
  | "no worse"
  | "worse"
  | "adds time"
  | "saves time"
  | "not significant"
  | "not shown to be no worse"
  | "not known";

/** One comparison of a label with the baseline. */
export interface ComparedRow {
  readonly verdict: Verdict;
  readonly label: string;
  readonly baseline: string;
  /** Where both were measured, such as `4,000 tokens, cold`. */
  readonly at: string;
  /** A ratio of median times above 1 where the label is sooner, a difference of mean scores, or added seconds. */
  readonly difference: number | null;
  readonly difference_low: number | null;
  readonly difference_high: number | null;
}

/** All comparisons of one kind of record. */
export interface Comparison {
  readonly kind: "TTFT" | "TTFT by method" | "quality" | "TTFT under load" | "proxy overhead";
  readonly rows: readonly ComparedRow[];
  /** What stands against all of them, such as times that are not defined alike; sentences. */
  readonly cautions: readonly string[];
}

interface Speedup {
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
}

const sooner = ({ speedup, speedup_low: low, speedup_high: high }: Speedup) => ({
  verdict: verdictOf(low, high, 1, ["later", "sooner"]),
  difference: speedup,
  difference_low: low,
  difference_high: high,
});

/** By where the interval lies: below the value of no difference, above it, or around it. */
function verdictOf(
  low: number | null,
  high: number | null,
  none: number,
  [below, above]: readonly [Verdict, Verdict],
): Verdict {
  if (low === null || high === null) return "not known";
  return low > none ? above : high < none ? below : "not significant";
}

export const comparedTtft = (
  { rows, footnotes }: Pick<Table<TtftComparisonRow>, "rows" | "footnotes">,
  cautions: readonly string[] = [],
): Comparison => ({
  kind: "TTFT",
  cautions: [...cautions, ...footnotes.filter((note) => note.startsWith(NOT_COMPARED))],
  rows: rows.map((row) => ({
    ...sooner(row),
    label: row.label,
    baseline: row.baseline,
    at: `${formatCount(row.context_tokens)} tokens${row.cache_state === "unstated" ? "" : `, ${row.cache_state}`}`,
  })),
});

export const comparedBlend = (
  rows: readonly BlendTableRow[],
  cautions: readonly string[] = [],
): Comparison => ({
  kind: "TTFT by method",
  cautions: [
    ...cautions,
    ...alone(rows, ({ label, input_tokens }) => `${label} at ${formatCount(input_tokens)} tokens`),
  ],
  rows: rows.flatMap((row) =>
    row.is_baseline || row.baseline === null
      ? []
      : [
          {
            ...sooner(row),
            label: row.label,
            baseline: row.baseline,
            at: `${formatCount(row.input_tokens)} tokens`,
          },
        ],
  ),
});

export const comparedLoad = (
  rows: readonly LoadTableRow[],
  cautions: readonly string[] = [],
): Comparison => ({
  kind: "TTFT under load",
  cautions: [
    ...cautions,
    ...clientLimited(rows),
    ...alone(rows, (row) => `${row.label} at ${loadText(row)}`),
  ],
  rows: rows.flatMap((row) =>
    row.is_baseline || row.baseline === null
      ? []
      : [
          {
            ...sooner(row),
            label: row.label,
            baseline: row.baseline,
            at: loadText(row),
          },
        ],
  ),
});

/** Which rows have no counterpart of the baseline, where others have one. */
function alone<R extends { readonly is_baseline: boolean; readonly baseline: string | null }>(
  rows: readonly R[],
  nameOf: (row: R) => string,
): string[] {
  const names = rows.filter((row) => !row.is_baseline && row.baseline === null).map(nameOf);
  if (names.length === 0 || rows.every(({ baseline }) => baseline === null)) return [];
  return [`${NOT_COMPARED}, because the baseline has no counterpart: ${names.join("; ")}.`];
}

/** Where the client may have been the limit, and times are then its own. */
function clientLimited(rows: readonly LoadTableRow[]): string[] {
  const limited = rows.filter(({ client_limited_blocks }) => client_limited_blocks > 0);
  if (limited.length === 0) return [];
  const names = limited.map((row) => `${row.label} at ${loadText(row)}`);
  return [`The client may have been the limit, not the server: ${names.join(", ")}.`];
}

/** The level; for part of a ramp its bounds, because its rate changed. */
function loadText({
  rate_per_second: rate,
  ramp_low_per_second: low,
  ramp_high_per_second: high,
  concurrency,
}: LoadTableRow): string {
  if (low !== null && high !== null) return `${formatNumber(low)}–${formatNumber(high)} requests/s of a ramp`;
  return rate !== null ? `${formatNumber(rate)} requests/s` : `concurrency ${concurrency ?? "not stated"}`;
}

const SHOWN = {
  yes: "no worse",
  no: "worse",
  "not shown": "not shown to be no worse",
  undecided: "not known",
} as const;

export const comparedQuality = (
  rows: readonly QualityTableRow[],
  cautions: readonly string[] = [],
): Comparison => ({
  kind: "quality",
  cautions: [
    ...cautions,
    ...alone(rows, ({ label, dataset, metric }) => `${label} on ${dataset}, ${metric}`),
  ],
  rows: rows.flatMap((row) =>
    row.is_baseline || row.baseline === null
      ? []
      : [
          {
            verdict: row.non_inferior === null ? "not known" : SHOWN[row.non_inferior],
            label: row.label,
            baseline: row.baseline,
            at: `${row.dataset}, ${row.metric}`,
            difference: row.difference,
            difference_low: row.difference_low,
            difference_high: row.difference_high,
          },
        ],
  ),
});

export const comparedProxies = (rows: readonly ProxyTableRow[]): Comparison => ({
  kind: "proxy overhead",
  cautions: [],
  rows: rows.map((row) => ({
    verdict: verdictOf(row.overhead_low_seconds, row.overhead_high_seconds, 0, ["saves time", "adds time"]),
    label: row.label,
    baseline: "direct requests",
    at: loadName(row),
    difference: row.overhead_seconds,
    difference_low: row.overhead_low_seconds,
    difference_high: row.overhead_high_seconds,
  })),
});

const DIFFERENCE: Readonly<
  Record<
    Comparison["kind"],
    { readonly header: string; readonly meaning: string; readonly factor: number; readonly unit: string }
  >
> = {
  TTFT: {
    header: "speed-up × [95 % CI]",
    meaning: "the baseline's median TTFT over the label's",
    factor: 1,
    unit: " ×",
  },
  "TTFT by method": {
    header: "speed-up × [95 % CI]",
    meaning: "the baseline's median TTFT over the label's",
    factor: 1,
    unit: " ×",
  },
  "TTFT under load": {
    header: "speed-up × [95 % CI]",
    meaning: "the baseline's median TTFT over the label's at the same level",
    factor: 1,
    unit: " ×",
  },
  quality: {
    header: "Δ score [95 % CI]",
    meaning: "the mean difference of scores on the same examples",
    factor: 1,
    unit: " in score",
  },
  "proxy overhead": {
    header: "added ms [95 % CI]",
    meaning: "the median difference of paired requests, through the proxy minus direct",
    factor: 1000,
    unit: " ms",
  },
};

/** What the comparisons of each label come to, in one sentence a label, behind what stands against them. */
export function comparisonSentences({ kind, rows, cautions }: Comparison): string[] {
  const { factor, unit } = DIFFERENCE[kind];
  const sentences = [...group(rows, ({ label, baseline }) => JSON.stringify([label, baseline])).values()].map(
    (own) => {
      const { label, baseline } = own[0]!;
      const counts = [...group(own, ({ verdict }) => verdict)].map(([verdict, those]) =>
        own.length === 1
          ? verdict
          : `${verdict} in ${formatCount(those.length)} of ${formatCount(own.length)}`,
      );
      const values = own.flatMap(({ difference }) => difference ?? []).sort((a, b) => a - b);
      const span =
        values.length === 0
          ? ""
          : ` (${[...new Set([values[0]!, values.at(-1)!].map((value) => formatNumber(value * factor)))].join(" to ")}${unit})`;
      return `${label} against ${baseline}, ${kind}: ${counts.join(", ")}${span}.`;
    },
  );
  return [...cautions, ...sentences];
}

/** The comparisons of one kind, the verdict first. */
export function comparisonTable({ kind, rows, cautions }: Comparison): Table<ComparedRow> {
  const { header, meaning, factor } = DIFFERENCE[kind];
  return new Table<ComparedRow>({
    columns: [
      { header: "verdict", align: "left", isKey: true },
      { header, align: "right" },
      { header: "label", align: "left", isKey: true },
      { header: "at", align: "left" },
      { header: "baseline", align: "left" },
    ],
    lines: rows.map((row) => ({
      data: row,
      cells: [
        { text: row.verdict },
        differenceCell(row, factor),
        { text: row.label },
        { text: row.at },
        { text: row.baseline },
      ],
    })),
    notes: [
      ...cautions,
      `${header.replace(" [95 % CI]", "")}: ${meaning}. ${
        kind === "quality"
          ? "No worse: the one-sided 95 % bound of Δ lies above −0.02; worse: the whole interval lies below it."
          : "Not significant: the interval includes the value of no difference."
      } A 95 % interval is wrong once in twenty, so of many comparisons some differ by chance.`,
    ],
  });
}

function differenceCell({ difference, difference_low, difference_high }: ComparedRow, factor: number): Cell {
  if (difference === null) return missing("not compared; the notes of the table below say why");
  const [estimate, low, high] = [difference, difference_low, difference_high].map((value) =>
    value === null ? null : value * factor,
  );
  if (low == null || high == null) {
    return { text: formatNumber(estimate!), note: "without an interval; the table below says why" };
  }
  return { text: formatInterval({ estimate: estimate!, low, high }) };
}

import { group } from "d3-array";
import type { TotalRow } from "../../domain/records/total.js";
import { formatMs, formatNumber } from "../../tables/format.js";
import { Table } from "../../tables/table.js";
import { type Cell, type Column, missing } from "../../tables/table-parts.js";
import { TERMS_NOTE } from "../terms-note.js";
import { ttftDefinitionNote } from "../ttft-definitions.js";

/** The statistics that are shown, in their order; tools write up to a dozen more. */
const SHOWN = ["total", "mean", "median", "p90", "p95", "p99", "max"] as const;

/** One measure of one run, as the tool that measured it put it together. */
export type TotalsTableRow = {
  readonly label: string;
  readonly source_tool: string;
  readonly run: number;
  readonly part: string | null;
  readonly model: string | null;
  /** In the words of the records, such as `ttft_seconds`. */
  readonly measure: string;
} & { readonly [statistic in (typeof SHOWN)[number]]: number | null };

/**
 * What other tools computed themselves, a measure a row: aggregates, which no interval can be given for and nothing here was
 * computed from.
 *
 * @param totals of `load.totals`.
 * @example totalsTable(await readTotals("serve.json")).rows[0] // { label: "serve.json", measure: "requests", total: 100, … }
 */
export function totalsTable(totals: readonly TotalRow[]): Table<TotalsTableRow> {
  const ofMeasure = [...group(totals, keyOf).values()];
  const shown = SHOWN.filter((statistic) => totals.some((total) => total.statistic === statistic));
  const hasParts = totals.some(({ part }) => part !== null);
  const unshown = new Set(totals.map(({ statistic }) => statistic)).size - shown.length;
  return new Table<TotalsTableRow>({
    columns: [
      { header: "label", align: "left", isKey: true, widest: 24 },
      { header: "tool", align: "left", widest: 24 },
      { header: "run", align: "right", isKey: true },
      ...(hasParts ? [{ header: "part", align: "left", isKey: true } as const] : []),
      { header: "aggregate of", align: "left", isKey: true },
      ...shown.map((header): Column => ({ header, align: "right" })),
    ],
    lines: ofMeasure.map((own) => {
      const { label, source_tool, run, part, model, measure } = own[0]!;
      const told = (statistic: string) => own.find((total) => total.statistic === statistic)?.value ?? null;
      const isTime = own[0]!.unit === "s";
      return {
        data: {
          ...{ label, source_tool, run, part, model, measure },
          ...(Object.fromEntries(SHOWN.map((statistic) => [statistic, told(statistic)])) as Record<
            (typeof SHOWN)[number],
            number | null
          >),
        },
        cells: [
          { text: label },
          { text: source_tool },
          { text: String(run) },
          ...(hasParts ? [{ text: part ?? "" }] : []),
          { text: isTime ? `${measure.replace(/_seconds$/, "")} (ms)` : measure },
          ...shown.map((statistic): Cell => {
            const value = told(statistic);
            if (value === null) return missing("the tool does not say");
            return { text: isTime ? formatMs(value) : formatNumber(value) };
          }),
        ],
      };
    }),
    notes: [
      ...ttftDefinitionNote(totals.filter(({ measure }) => measure === "ttft_seconds")),
      "These are aggregates, which each tool computed from its requests by its own rules. They have no intervals, and no other table includes them.",
      ...(unshown > 0 ? ["The tools give more statistics than are shown; `load.totals` has them all."] : []),
      TERMS_NOTE.en,
    ],
  });
}

const keyOf = ({ label, log_path, run, part, measure }: TotalRow): string =>
  JSON.stringify([label, log_path, run, part, measure]);

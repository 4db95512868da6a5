import { group } from "d3-array";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import {
  type Objectives,
  objectivesOf,
  REQUEST_TIME_NAMES,
  REQUEST_TIMES,
  type RequestTime,
} from "../../domain/records/objectives.js";
import type { LoadRecord } from "../../domain/records/record-kinds.js";
import { formatCount, formatNumber, formatPercent } from "../../tables/format.js";
import { estimateCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, type Column, missing } from "../../tables/table-parts.js";
import { acrossModels } from "../counterpart.js";
import { fasterSentence } from "../faster-sentence.js";
import { partialRunNote } from "../partial-run-note.js";
import { checkedPercentiles, checkedTimes, PERCENTILES, percentileCell } from "../percentiles.js";
import { TERMS_NOTE } from "../terms-note.js";
import { ttftDefinitionNote } from "../ttft-definitions.js";
import { careNote, failureNote, loadNotes } from "./load-notes.js";
import { type LoadTableRow, loadRowOf, type MeasuredLoad, measureLoad, whyNoThroughput } from "./load-row.js";
import type { CachedShares } from "./measures/cached-share.js";
import { type LoadCell, loadCells } from "./measures/load-cell.js";
import { loadLevels } from "./measures/load-level.js";
import { loadBaselines } from "./measures/load-speedup.js";

/** Options of a table of loads. */
export interface LoadTableOptions<L extends string = string> {
  /** The label that speed-ups are relative to; default that of full prefill. */
  readonly baseline?: L;
  /** The objectives that goodput counts by, such as `{ ttftSeconds: 0.5 }`; default none, and no goodput. */
  readonly slo?: Objectives;
  /** The percentiles of TTFT, and of the `times` that are named; default 50, 90, 95, 99. */
  readonly percentiles?: readonly number[];
  /** The times shown at every percentile; default TTFT, and the others at their median. */
  readonly times?: readonly RequestTime[];
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

/**
 * Requests under load, by label and level (rate or concurrency): how they ended, the percentiles of TTFT, the medians of ITL,
 * TPOT and E2E, the share that came from a cache beside the share in an unlimited cache, goodput, and the speed-up over the
 * baseline at the same level.
 *
 * Only requests of the measured phase count. If arrivals are scheduled, TTFT and E2E count from the intended start. A
 * percentile of too few requests is missing (p99 needs 100), and a level that never settled is not averaged. A label that
 * mixes models, servers, workloads or arrivals has a row for each.
 *
 * @param rows of `load.run` or `load.read`.
 * @throws OptionError for a baseline that is not a label of the rows, or an invalid objective, percentile, time or first
 * token.
 * @example load.table(rows, { baseline: "Full prefill", slo: { ttftSeconds: 0.5 } }).rows[0].goodput_per_second // 1.94
 */
export function loadTable<R extends LoadRecord>(
  rows: readonly R[],
  options: LoadTableOptions<NonNullable<R["label"]>> = {},
): Table<LoadTableRow> {
  const firstToken = requireFirstToken(options.firstToken ?? "content");
  const objectives = options.slo === undefined ? [] : objectivesOf(options.slo);
  const percentiles = checkedPercentiles(options.percentiles ?? PERCENTILES);
  const whole = checkedTimes(options.times ?? ["ttft"]);
  const cells = loadCells(loadLevels(rows), rows, firstToken);
  const baselines = loadBaselines(cells, options.baseline);
  const all = cells.map((cell) => measureLoad(cell, baselines?.(cell) ?? null, { firstToken, objectives }));
  const columns = [
    ...leadColumns(all),
    ...timeColumns(all, percentiles, whole),
    ...cacheColumns(all),
    ...goodputColumns(all),
    ...speedupColumns(all, options.baseline),
  ];
  return new Table<LoadTableRow>({
    columns: columns.map(({ column }) => column),
    lines: all.map((one) => ({
      cells: columns.map(({ cell }) => cell(one)),
      data: loadRowOf(one, firstToken, percentiles),
    })),
    verdict: verdictOf(all),
    notes: [
      ...partialRunNote(rows),
      ...ttftDefinitionNote(rows),
      ...loadNotes(all, objectives, firstToken),
      ...acrossModels(
        all.flatMap(({ cell, base }) =>
          base?.kind === "other" ? [[cell.series, base.cell.series] as const] : [],
        ),
      ),
      TERMS_NOTE.en,
    ],
    method:
      "n: requests counted. Throughput: requests that ended well, for each second of the measured parts. TTFT to the first token at the client, from the request's first byte handed to an open connection (or " +
      "the intended start); percentiles of type 7.",
  });
}

/** The speed-up of each label at the highest level at which it has one. */
function verdictOf(all: readonly MeasuredLoad[]): string[] {
  const compared = all.filter(({ speedup }) => speedup !== null && speedup.estimate !== null);
  return [...group(compared, ({ cell }) => cell.series)].flatMap(([{ name }, own]) => {
    const { cell, base, speedup } = own.at(-1)!;
    if (base?.kind !== "other") return [];
    const sentence = fasterSentence(`${name} at ${cell.name}`, base.cell.series.name, speedup!);
    return cell.limited.length + base.cell.limited.length === 0
      ? sentence
      : [...sentence, `At ${cell.name} the client may have been the limit, not the servers.`];
  });
}

/** A column with what it says of a load. */
interface LoadColumn {
  readonly column: Column;
  readonly cell: (one: MeasuredLoad) => Cell;
}

function leadColumns(all: readonly MeasuredLoad[]): LoadColumn[] {
  const failed = all.some(({ cell }) => cell.failed > 0);
  return [
    {
      column: { header: "label", align: "left", isKey: true, widest: 24 },
      cell: ({ cell }) => ({ text: cell.series.name }),
    },
    { column: { header: "load", align: "right", isKey: true }, cell: ({ cell }) => ({ text: cell.name }) },
    {
      column: { header: "n", align: "right" },
      cell: ({ cell }) => ({ text: formatCount(cell.counted.reduce((sum, { length }) => sum + length, 0)) }),
    },
    ...(failed
      ? [
          {
            column: { header: "failed", align: "right" } as const,
            cell: ({ cell }: MeasuredLoad): Cell => {
              const note = failureNote(cell);
              return { text: formatCount(cell.failed), ...(note !== null && { note }) };
            },
          },
        ]
      : []),
    // A ramp keeps no rate at which requests could be answered.
    ...(all.every(({ cell }) => cell.ramp !== null)
      ? []
      : [
          {
            column: { header: "throughput", unit: "1/s", align: "right" } as const,
            cell: ({ requestsPerSecond, cell }: MeasuredLoad): Cell =>
              requestsPerSecond === null
                ? missing(whyNoThroughput(cell))
                : { text: formatNumber(requestsPerSecond) },
          },
        ]),
  ];
}

function timeColumns(
  all: readonly MeasuredLoad[],
  percentiles: readonly number[],
  whole: readonly RequestTime[],
): LoadColumn[] {
  return REQUEST_TIME_NAMES.flatMap((time): LoadColumn[] => {
    const isWhole = whole.includes(time);
    const { title } = REQUEST_TIMES[time];
    const ofAll = all.map(({ cell }) => cell.times(time).flat());
    // What no answer has is no column, unless it was asked for.
    if (!isWhole && ofAll.every(({ length }) => length === 0)) return [];
    return (isWhole ? percentiles : [50]).map((p) => ({
      column: { header: `${title}\np${p}`, unit: "ms", align: "right" as const },
      cell: (one) => timeCell(one, time, p),
    }));
  });
}

function timeCell({ cell }: MeasuredLoad, time: RequestTime, p: number): Cell {
  if (cell.unsettled !== null) return missing(cell.unsettled);
  const shown = percentileCell(cell.times(time).flat(), p, cell.whyNone(time));
  const care = careNote(cell);
  return care === undefined || shown.note !== undefined ? shown : { ...shown, note: care };
}

/** The tiers of a cache that a server may tell apart. */
const TIERS = ["device", "host", "storage"] as const;

function cacheColumns(all: readonly MeasuredLoad[]): LoadColumn[] {
  const isKnown = (of: (shares: CachedShares) => number | null) =>
    all.some(({ shares }) => of(shares) !== null);
  return [
    ...(isKnown(({ reported }) => reported) || isKnown(({ expected }) => expected)
      ? [
          {
            column: { header: "cached", unit: "%", align: "right" as const },
            cell: ({ shares, cell }: MeasuredLoad) => cachedCell(shares, cell),
          },
          {
            column: { header: "unlimited\ncache", unit: "%", align: "right" as const },
            cell: ({ shares: { expected }, cell }: MeasuredLoad): Cell =>
              expected === null
                ? missing(unless(cell, "the log does not say what an unlimited cache would hold"))
                : { text: formatPercent(expected) },
          },
        ]
      : []),
    ...(all.some(({ countedShare }) => countedShare !== null)
      ? [
          {
            column: { header: "by its\ncounters", unit: "%", align: "right" as const },
            cell: ({ countedShare }: MeasuredLoad): Cell =>
              countedShare === null
                ? missing("the server has no counters, or they were not read")
                : { text: formatPercent(countedShare) },
          },
        ]
      : []),
    ...TIERS.filter((tier) => isKnown((shares) => shares[tier])).map((tier) => ({
      column: { header: `from\n${tier}`, unit: "%", align: "right" as const },
      cell: ({ shares, cell }: MeasuredLoad): Cell => {
        const share = shares[tier];
        return share === null
          ? missing(unless(cell, "the server does not report its tiers separately"))
          : { text: formatPercent(share) };
      },
    })),
  ];
}

function cachedCell({ reported, told }: CachedShares, cell: LoadCell): Cell {
  if (reported === null) return missing(unless(cell, "the server does not report cached tokens"));
  const text = formatPercent(reported);
  return told < cell.outcomes.ok
    ? { text, note: "of the requests for which the server reports it" }
    : { text };
}

/** Why a share is missing, unless no request ended well. */
const unless = ({ outcomes }: LoadCell, otherwise: string): string =>
  outcomes.ok === 0 ? "no request ended well" : otherwise;

function goodputColumns(all: readonly MeasuredLoad[]): LoadColumn[] {
  if (all.every(({ goodput }) => goodput === null)) return [];
  return [
    {
      column: { header: "goodput/s\n[95 % CI]", align: "right" },
      cell: ({ goodput }) => (goodput === null ? { text: "" } : estimateCell(goodput.perSecond)),
    },
  ];
}

function speedupColumns(all: readonly MeasuredLoad[], baseline: string | undefined): LoadColumn[] {
  if (all.every(({ base }) => base === null)) return [];
  const against = baseline === undefined ? "" : `over ${baseline}\n`;
  return [
    {
      column: { header: `speed-up\n${against}× [95 % CI]`, align: "right", widest: 24 },
      cell: ({ base, speedup }) =>
        base?.kind === "itself"
          ? { text: "baseline" }
          : speedup === null
            ? { text: "" }
            : estimateCell(speedup),
    },
  ];
}

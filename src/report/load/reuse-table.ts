import { OptionError } from "../../domain/errors/errors.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { LoadRecord } from "../../domain/records/record-kinds.js";
import { median } from "../../stats/quantile.js";
import { formatCount, formatMs, formatNumber, formatPercent } from "../../tables/format.js";
import { secondsAt } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, type Column, missing } from "../../tables/table-parts.js";
import { TERMS_NOTE } from "../terms-note.js";
import { careNote, loadName } from "./load-notes.js";
import { sharesOf } from "./measures/cached-share.js";
import { rampText } from "./measures/load-level.js";
import {
  type ReuseAxis,
  type ReusedRequest,
  type ReuseSeries,
  reuseChange,
  reuseSeries,
} from "./measures/reuse.js";

/** How reuse is shown. */
export interface ReuseOptions {
  /** Against the request's number in the run, or the seconds since its documents were last used; default `requests`. */
  readonly against?: ReuseAxis;
  /** The level, by its place in the run's list; default of a table all of them, of a chart the first. */
  readonly level?: number;
  /** Which token is the first: that of the content (the default), or any, reasoning too. */
  readonly firstToken?: FirstToken;
}

/** How a table of reuse is made. */
export interface ReuseTableOptions extends ReuseOptions {
  /** The rows for each label, each of as many requests; default as many as have 20 requests, at most 10. */
  readonly bins?: number;
}

/** One row of a table of reuse: some requests of one label that follow each other. */
export interface ReuseTableRow {
  readonly label: string;
  /** The level, such as `2/s`; of a ramp its rates and its time. */
  readonly load: string;
  readonly against: ReuseAxis;
  /** The first and the last request's number, or the shortest and the longest time since the last use. */
  readonly from: number;
  readonly to: number;
  readonly n: number;
  readonly ttft_median_seconds: number | null;
  readonly ttft_p95_seconds: number | null;
  readonly cached_share: number | null;
  readonly expected_cached_share: number | null;
  readonly device_cached_share: number | null;
  readonly host_cached_share: number | null;
  readonly storage_cached_share: number | null;
}

/** Whether any request comes from a pool of documents, of which alone it is a question how long reuse lasts. */
export const reusesDocuments = (rows: readonly LoadRecord[]): boolean =>
  rows.some(({ document_gap_seconds }) => document_gap_seconds != null);

/** @throws OptionError for an axis or a level that is none. */
export function checkedReuse({ against = "requests", level, firstToken = "content" }: ReuseOptions) {
  if (against !== "requests" && against !== "seconds")
    throw new OptionError("against", 'must be "requests" or "seconds"', against);
  if (level !== undefined && !(Number.isInteger(level) && level >= 1))
    throw new OptionError("level", "must be a whole number from 1", level);
  return { against, level, firstToken: requireFirstToken(firstToken) };
}

/**
 * How long reuse lasts: TTFT and the share from a cache against the request's number in the run, or against the time since its
 * documents were last used. A note names the one place where the share changes, with its 95 % interval, if it does
 * (`stats.changePoint`).
 *
 * Numbers count every request of the label; shown are those that count in `load.table`, level by level. A note marks a level that
 * never settled, and one at which the client may have been the limit.
 *
 * @param rows of `load.run` or `load.read`.
 * @throws OptionError for an axis, a level, a number of bins or a first token that is none.
 * @example load.reuseTable(rows, { against: "requests" }).footnotes[0] // "Prefix cache: reuse ended after request 71 [63, 84]: …"
 */
export function reuseTable(
  rows: readonly LoadRecord[],
  options: ReuseTableOptions = {},
): Table<ReuseTableRow> {
  const { against, level, firstToken } = checkedReuse(options);
  const { bins } = options;
  if (bins !== undefined && !(Number.isInteger(bins) && bins >= 1 && bins <= 1_000))
    throw new OptionError("bins", "must be a whole number from 1 to 1000", bins);
  const levels = level === undefined ? levelsIn(rows) : [level];
  const all = levels.flatMap((one) => reuseSeries(rows, against, one, firstToken));
  const isNamed = new Set(all.map(levelNameOf)).size > 1;
  const lines = all.flatMap((one) =>
    binsOf(one, bins ?? usualBins(one)).map((own) => rowOf(one, own, against)),
  );
  const tiers = (["device", "host", "storage"] as const).filter((tier) =>
    lines.some((line) => line[`${tier}_cached_share`] !== null),
  );
  const time = (seconds: number | null, why: string): Cell =>
    seconds === null ? missing(why) : { text: formatMs(seconds) };
  const percent = (share: number | null, why: string): Cell =>
    share === null ? missing(why) : { text: formatPercent(share) };
  return new Table<ReuseTableRow>({
    columns: [
      { header: "label", align: "left", isKey: true, widest: 24 },
      ...(isNamed ? [{ header: "load", align: "right", isKey: true } as const] : []),
      against === "requests"
        ? { header: "requests", align: "right", isKey: true }
        : { header: "since last use", unit: "s", align: "right", isKey: true },
      { header: "n", align: "right" },
      { header: "cached", unit: "%", align: "right" },
      { header: "unlimited\ncache", unit: "%", align: "right" },
      ...tiers.map((tier): Column => ({ header: `from\n${tier}`, unit: "%", align: "right" })),
      { header: "TTFT\nmedian", unit: "ms", align: "right" },
      { header: "TTFT\np95", unit: "ms", align: "right" },
    ],
    lines: lines.map((data) => ({
      data,
      cells: [
        { text: data.label },
        ...(isNamed ? [{ text: data.load }] : []),
        { text: `${spanText(data.from)}–${spanText(data.to)}` },
        { text: formatCount(data.n) },
        percent(data.cached_share, "the server does not report cached tokens"),
        percent(data.expected_cached_share, "the log does not say what an unlimited cache would hold"),
        ...tiers.map((tier) =>
          percent(data[`${tier}_cached_share`], "the server does not report its tiers separately"),
        ),
        time(data.ttft_median_seconds, "no request has a TTFT"),
        time(data.ttft_p95_seconds, "a p95 needs 20 requests"),
      ],
    })),
    notes: [
      ...all.flatMap((one) => reuseChange(one, against, isNamed ? levelNameOf(one) : null)?.sentence ?? []),
      ...all.flatMap(careOf),
      ...(lines.length === 0 && against === "seconds"
        ? [
            "No request says how long ago its documents were last used: only workloads with a pool of documents record that.",
          ]
        : []),
      TERMS_NOTE.en,
    ],
  });
}

/** What stands against the times of the level that is shown. */
export const careOf = ({ cells }: ReuseSeries): readonly string[] =>
  cells.flatMap((cell) => [
    ...(cell.unsettled === null
      ? []
      : [`${loadName(cell)}: ${cell.unsettled}; what is shown here are the requests in their order.`]),
    ...[careNote(cell)].filter((note) => note !== undefined),
  ]);

/** A p95 needs 20 requests. */
const usualBins = ({ requests }: ReuseSeries): number =>
  Math.max(1, Math.min(10, Math.floor(requests.length / 20)));

/** Requests in the order of the axis, in parts of equal size. */
export function binsOf({ requests }: ReuseSeries, most: number): readonly (readonly ReusedRequest[])[] {
  const bins = Math.min(most, requests.length);
  return Array.from({ length: bins }, (_, index) =>
    requests.slice(
      Math.floor((index * requests.length) / bins),
      Math.floor(((index + 1) * requests.length) / bins),
    ),
  );
}

/** The places of the levels whose requests are measured. */
const levelsIn = (rows: readonly LoadRecord[]): readonly number[] =>
  [...new Set(rows.flatMap(({ level, phase }) => (phase === "measured" ? [level] : [])))].sort(
    (a, b) => a - b,
  );

/** What a level is called; a ramp is one, although a table of loads has its parts. */
const levelNameOf = ({ cells, requests }: ReuseSeries): string =>
  rampText(requests[0]!.row) ?? cells[0]!.name;

function rowOf(one: ReuseSeries, own: readonly ReusedRequest[], against: ReuseAxis): ReuseTableRow {
  const ttfts = own.flatMap(({ ttft }) => ttft ?? []);
  const shares = sharesOf(own.map(({ row }) => row));
  return {
    label: one.series.name,
    load: levelNameOf(one),
    against,
    from: own[0]!.at,
    to: own.at(-1)!.at,
    n: own.length,
    ttft_median_seconds: ttfts.length === 0 ? null : median(ttfts),
    ttft_p95_seconds: secondsAt(ttfts, 0.95),
    cached_share: shares.reported,
    expected_cached_share: shares.expected,
    device_cached_share: shares.device,
    host_cached_share: shares.host,
    storage_cached_share: shares.storage,
  };
}

const spanText = (value: number): string =>
  Number.isInteger(value) ? formatCount(value) : formatNumber(value);

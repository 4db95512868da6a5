import type { FirstToken } from "../../../domain/records/first-token.js";
import { METHODS } from "../../../domain/records/methods.js";
import type { Series } from "../../../domain/records/series.js";
import { loadSeconds } from "../../../domain/times/load-seconds.js";
import { type ChangePoint, changePoint } from "../../../stats/change-point.js";
import { random } from "../../../stats/random.js";
import { formatMs, formatNumber } from "../../../tables/format.js";
import { cachedShare } from "./cached-share.js";
import { type LoadCell, loadCells } from "./load-cell.js";
import { type LoadRow, levelsOf, loadSeries } from "./load-level.js";

/** What a request's reuse is shown against: its number in the run, or the time since its documents were last used. */
export type ReuseAxis = "requests" | "seconds";

/** One request that ended well, in the run of its label. */
export interface ReusedRequest {
  readonly row: LoadRow;
  /** On the axis. */
  readonly at: number;
  readonly ttft: number | null;
  /** Of what an unlimited cache would have held, where that is known; else of the prompt. Null where the server does not tell. */
  readonly share: number | null;
}

/** One label's requests in the order of the axis. */
export interface ReuseSeries {
  readonly series: Series<LoadRow>;
  readonly requests: readonly ReusedRequest[];
  /** Whether `share` is of what an unlimited cache would have held. */
  readonly ofExpected: boolean;
  /** The level that is shown, as a table of loads has it; of a ramp its parts. */
  readonly cells: readonly LoadCell[];
}

/**
 * Each label's requests at one level in the order of the axis. Numbers count all requests of the label from the run's first,
 * including ramps and other levels, which fill the cache as well; only those that count in a table of loads are shown.
 *
 * @param level the place of the level in the run's list; default the first of each label.
 */
export function reuseSeries(
  rows: readonly LoadRow[],
  against: ReuseAxis,
  level: number | undefined,
  firstToken: FirstToken,
): ReuseSeries[] {
  return loadSeries(rows).flatMap((series) => {
    const numbered = inOrder(series.rows);
    const measured = numbered.filter(({ row }) => row.phase === "measured");
    const chosen =
      level ?? measured.reduce((least, { row }) => Math.min(least, row.level), Number.POSITIVE_INFINITY);
    const cells = loadCells(levelsOf(series), rows, firstToken).filter(({ requests }) =>
      requests.some((row) => row.level === chosen),
    );
    const counted = new Set(cells.flatMap((cell) => cell.counted.flat()));
    const own = measured.filter(({ row }) => row.level === chosen && counted.has(row));
    const expecting = own.filter(
      ({ row }) => (row.expected_cached_tokens ?? 0) > 0 && row.cached_tokens !== null,
    );
    const ofExpected = expecting.length > 0;
    const shown = ofExpected ? own.filter(({ row }) => (row.expected_cached_tokens ?? 0) > 0) : own;
    const requests = shown.flatMap(({ row, number }): ReusedRequest[] => {
      const at = against === "requests" ? number : (row.document_gap_seconds ?? null);
      if (at === null) return [];
      const share = ofExpected ? shareOfExpected(row) : cachedShare(row);
      return [{ row, at, share, ttft: loadSeconds(row, "ttft", firstToken) }];
    });
    return requests.length === 0
      ? []
      : [
          {
            series,
            ofExpected,
            cells,
            requests: requests.sort((a, b) => a.at - b.at || byPlan(a.row, b.row)),
          },
        ];
  });
}

/** The order in which requests of one label were meant to start. */
const byPlan = (a: LoadRow, b: LoadRow): number =>
  (a.repeat ?? 0) - (b.repeat ?? 0) || a.block - b.block || a.level - b.level || a.run_index - b.run_index;

/** By the clock where every row tells it; else by repetition, level, block and place. Logs of several runs are each numbered. */
function inOrder(rows: readonly LoadRow[]): { readonly row: LoadRow; readonly number: number }[] {
  const byRun = new Map<string, LoadRow[]>();
  for (const row of rows) {
    // All parts of a load are one run, in a folder of their own each.
    const source = row.shard == null ? row.log_path : row.log_path?.replace(/shard=\d+[\\/][^\\/]*$/, "");
    const run = `${source ?? ""}\n${row.repeat}`;
    byRun.set(run, [...(byRun.get(run) ?? []), row]);
  }
  return [...byRun.values()].flatMap((run) => {
    const clocked = run.map((row) => ({ row, time: Date.parse(row.started_at ?? "") }));
    const tells =
      new Set(clocked.map(({ time }) => time)).size > run.length / 2 &&
      clocked.every(({ time }) => !Number.isNaN(time));
    // Requests of one millisecond are in the order of their plan, in whatever order they were read.
    const ordered = clocked.sort((a, b) => (tells ? a.time - b.time : 0) || byPlan(a.row, b.row));
    return ordered.map(({ row }, index) => ({ row, number: index + 1 }));
  });
}

function shareOfExpected({ cached_tokens, expected_cached_tokens }: LoadRow): number | null {
  if (cached_tokens === null || !expected_cached_tokens) return null;
  return Math.min(1, cached_tokens / expected_cached_tokens);
}

/** Where a label's reuse changes. */
export interface ReuseChange {
  readonly label: string;
  /** What it was seen in. */
  readonly seenIn: "cached share" | "TTFT";
  readonly change: ChangePoint;
  /** The places on the axis of the change and of its interval's ends; null where there is none. */
  readonly at: { readonly middle: number; readonly low: number; readonly high: number } | null;
  readonly sentence: string;
}

/** From this part of what it was on, reuse has ended, or before it had begun. */
const NEXT_TO_NOTHING = 0.2;

/**
 * Looks for the one change in a label's cached share, or in its TTFT where the server does not tell the share; null for a
 * method that reuses nothing.
 *
 * @param level its name, where the sentence must say it.
 */
export function reuseChange(
  { series, requests, ofExpected }: ReuseSeries,
  against: ReuseAxis,
  level: string | null = null,
): ReuseChange | null {
  const { method } = series.rows[0]!;
  if (method !== null && METHODS[method].reuses === "nothing") return null;
  const shared = requests.filter(({ share }) => share !== null);
  const seenIn = shared.length > 0 ? "cached share" : "TTFT";
  const seen = seenIn === "TTFT" ? requests.filter(({ ttft }) => ttft !== null && ttft > 0) : shared;
  // TTFT has a long tail: of its logarithms one slow request makes no change.
  const values = seen.map(({ share, ttft }) => (seenIn === "TTFT" ? Math.log(ttft!) : share!));
  const change = changePoint(values, { random: random("reuse").fork(series.name) });
  const place = (after: number) => seen[Math.max(0, after - 1)]!.at;
  const at =
    change.after === null
      ? null
      : { middle: place(change.after), low: place(change.low), high: place(change.high) };
  const sentence = sentenceOf(level === null ? series.name : `${series.name} at ${level}`, {
    change,
    at,
    seenIn,
    ofExpected,
    against,
  });
  return { label: series.name, seenIn, change, at, sentence };
}

function sentenceOf(
  label: string,
  {
    change,
    at,
    seenIn,
    ofExpected,
    against,
  }: Omit<ReuseChange, "label" | "sentence"> & { readonly ofExpected: boolean; readonly against: ReuseAxis },
): string {
  if (change.after === null || at === null) {
    const reason = "reason" in change ? change.reason : "";
    return `${label}: ${seenIn} by ${against === "requests" ? "request" : "time since last use"}: ${reason}.`;
  }
  const span = `${number(at.middle)} [${number(at.low)}, ${number(at.high)}]`;
  const where =
    against === "requests" ? `after request ${span}` : `beyond ${span} s since its documents were last used`;
  if (seenIn === "TTFT") {
    const [before, behind] = [Math.exp(change.before), Math.exp(change.behind)];
    const time = (seconds: number) => `${formatMs(seconds)} ms`;
    return `${label}: TTFT ${behind > before ? "rose" : "fell"} from ${time(before)} to ${time(behind)} ${where}; the server does not report cached tokens.`;
  }
  const { before, behind } = change;
  const what =
    behind < NEXT_TO_NOTHING * before
      ? "reuse ended"
      : before < NEXT_TO_NOTHING * behind
        ? "reuse began"
        : behind < before
          ? "reuse fell"
          : "reuse rose";
  const share = (value: number) => `${(100 * value).toFixed(1)} %`;
  const of = ofExpected ? "of what an unlimited cache would hold" : "of the prompt";
  return `${label}: ${what} ${where}: from ${share(before)} to ${share(behind)} ${of}.`;
}

const number = (value: number): string => (Number.isInteger(value) ? String(value) : formatNumber(value));

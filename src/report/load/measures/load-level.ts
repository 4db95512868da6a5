import { group } from "d3-array";
import type { LogOrigin } from "../../../domain/records/log-origin.js";
import { METHOD_TRAITS } from "../../../domain/records/method-traits.js";
import { METHOD_NAMES } from "../../../domain/records/methods.js";
import type { LoadRecord } from "../../../domain/records/record-kinds.js";
import { ORIGIN_TRAITS, type Series, seriesOf, type Trait } from "../../../domain/records/series.js";
import type { ClientLimit } from "../../../domain/records/words.js";
import { formatCount } from "../../../tables/format.js";
import { clientLimitOf } from "./client-limited.js";

/** A row of a load, including where it was read from. */
export type LoadRow = LoadRecord & Partial<LogOrigin>;

/** The requests of one block that count, which ran together. */
export interface LoadBlock {
  readonly rows: readonly LoadRow[];
  /** Duration of its measured part; null if the log does not say. */
  readonly seconds: number | null;
  /** Whether TTFT stayed level; null if unknown. */
  readonly steady: boolean | null;
  readonly clientLimit: ClientLimit | null;
}

/** One label at one level. */
export interface LoadLevel {
  readonly series: Series<LoadRow>;
  /** The level in a few words: `2/s`, `× 16`. */
  readonly name: string;
  readonly rate: number | null;
  readonly concurrency: number | null;
  /** Two levels with one key can be compared: the same workload, arrivals and load. */
  readonly key: string;
  readonly blocks: readonly LoadBlock[];
}

/**
 * What separates rows of one label under load: besides where they come from, the method, what was asked and how requests
 * arrived.
 */
const LOAD_TRAITS: readonly Trait<LoadRow>[] = [
  ...ORIGIN_TRAITS,
  ...METHOD_TRAITS,
  { name: "workload", of: ({ workload }) => workload, silenceCounts: true },
  { name: "arrivals", of: ({ arrivals }) => arrivals, silenceCounts: true },
  {
    name: "burstiness",
    of: ({ burstiness }) => (burstiness == null ? null : `burstiness ${burstiness}`),
    silenceCounts: false,
  },
];

/** What identifies a row. */
export const loadLabelOf = ({ label, method }: LoadRow): string => label ?? method ?? "load";

/** The series of a load: those of `seriesOf`, which also differ in method, workload or arrivals. */
export const loadSeries = (rows: readonly LoadRow[]): Series<LoadRow>[] =>
  seriesOf(rows, loadLabelOf, LOAD_TRAITS).sort((a, b) => methodPlace(a) - methodPlace(b));

/** Blocks are in random order, so the first one says nothing about a label's position. */
function methodPlace({ rows }: Series<LoadRow>): number {
  const { method } = rows[0]!;
  return method === null ? METHOD_NAMES.length : METHOD_NAMES.indexOf(method);
}

/** The rows by series and level, ramps left out: series in the order of their methods, levels from the lowest on. */
export function loadLevels(rows: readonly LoadRow[]): LoadLevel[] {
  return loadSeries(rows).flatMap((series) => levelsOf(series));
}

/** The levels of one series, from the lowest on; those without measurements are left out. */
export function levelsOf(series: Series<LoadRow>): LoadLevel[] {
  const measured = series.rows.filter(({ phase }) => phase === "measured");
  return [...group(measured, levelKey).entries()]
    .map(([key, own]) => {
      const { rate_per_second: rate, concurrency } = own[0]!;
      return { series, name: levelName(own[0]!), rate, concurrency, key, blocks: blocksOf(own) };
    })
    .sort((a, b) => (a.rate ?? 0) - (b.rate ?? 0) || (a.concurrency ?? 0) - (b.concurrency ?? 0));
}

function levelKey({ workload, arrivals, burstiness, rate_per_second, concurrency, level }: LoadRow): string {
  const place = rate_per_second === null && concurrency === null ? level : null;
  return JSON.stringify([workload, arrivals, burstiness ?? null, rate_per_second, concurrency, place]);
}

/**
 * A level in a few words.
 *
 * @example levelName({ rate_per_second: 2, concurrency: null, level: 1 }) // "2/s"
 */
export function levelName({
  rate_per_second,
  concurrency,
  level,
}: Pick<LoadRow, "rate_per_second" | "concurrency" | "level">): string {
  if (rate_per_second !== null)
    return `${rate_per_second.toLocaleString("en-US", { maximumSignificantDigits: 6 })}/s`;
  return concurrency === null ? `level ${level}` : `× ${formatCount(concurrency)}`;
}

/** A position seen twice begins a new run, because logs of two runs may be read under one label. */
function blocksOf(rows: readonly LoadRow[]): LoadBlock[] {
  const blocks = new Map<string, Map<number, LoadRow>>();
  const runs = new Map<string, number>();
  for (const row of rows) {
    const place = `${row.log_path} ${row.repeat} ${row.block}`;
    const key = () => `${runs.get(place) ?? 0} ${place}`;
    if (blocks.get(key())?.has(row.run_index)) runs.set(place, (runs.get(place) ?? 0) + 1);
    const block = blocks.get(key()) ?? new Map<number, LoadRow>();
    block.set(row.run_index, row);
    blocks.set(key(), block);
  }
  return [...blocks.values()].map((block) => {
    const own = [...block.values()];
    return {
      rows: own,
      seconds: own.find(({ block_seconds }) => block_seconds !== null)?.block_seconds ?? null,
      steady: own.find(({ block_steady }) => block_steady != null)?.block_steady ?? null,
      clientLimit: clientLimitOf(own),
    };
  });
}

import { group } from "d3-array";
import type { LogOrigin } from "../../../domain/records/log-origin.js";
import { METHOD_TRAITS } from "../../../domain/records/method-traits.js";
import { METHOD_NAMES } from "../../../domain/records/methods.js";
import {
  partAt,
  partsOfRamp,
  type Ramp,
  type RampPart,
  requestsOfRamp,
} from "../../../domain/records/ramp.js";
import type { LoadRecord } from "../../../domain/records/record-kinds.js";
import { ORIGIN_TRAITS, type Series, seriesOf, type Trait } from "../../../domain/records/series.js";
import type { ClientLimit } from "../../../domain/records/words.js";
import { formatCount } from "../../../tables/format.js";
import { clientLimitOf } from "./client-limited.js";
import { type BlockParts, isWhole, partsOf, sharedBlock } from "./shared-block.js";

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
  /** What is known of the parts that sent it, where several processes did. */
  readonly parts: BlockParts | null;
}

/** One label at one level. */
export interface LoadLevel {
  readonly series: Series<LoadRow>;
  /** The level in a few words: `2/s`, `× 16`. */
  readonly name: string;
  /** The rate that was kept; of a part of a ramp, the middle of its bounds. */
  readonly rate: number | null;
  /** The part of a ramp that this is; null if a level was kept. */
  readonly ramp: RampPart | null;
  readonly concurrency: number | null;
  /** Two levels with one key can be compared: the same workload, arrivals and load. */
  readonly key: string;
  readonly blocks: readonly LoadBlock[];
  /** Blocks that are left out because parts of the run did not send their requests: the server was under a lower load. */
  readonly partial: number;
  /** Whether that is so of all: then `blocks` are these, and nothing is averaged. */
  readonly neverWhole: boolean;
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
  { name: "ramp", of: rampText, silenceCounts: true },
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

/** The blocks at whose level the server was; where there are none, all of them, of which nothing is averaged then. */
function wholeBlocks(all: readonly LoadBlock[]): Pick<LoadLevel, "blocks" | "partial" | "neverWhole"> {
  const whole = all.filter(({ rows, parts }) => parts === null || isWhole(rows, parts));
  const neverWhole = whole.length === 0;
  return { blocks: neverWhole ? all : whole, partial: all.length - whole.length, neverWhole };
}

/** The rows by series and level, ramps left out: series in the order of their methods, levels from the lowest on. */
export function loadLevels(rows: readonly LoadRow[]): LoadLevel[] {
  return loadSeries(rows).flatMap((series) => levelsOf(series));
}

/** The levels of one series, from the lowest on; those without measurements are left out. */
export function levelsOf(series: Series<LoadRow>): LoadLevel[] {
  const measured = series.rows.filter(({ phase }) => phase === "measured");
  const ramp = rampOf(measured[0]);
  if (ramp !== null) return rampLevels(series, ramp, measured);
  return [...group(measured, levelKey).entries()]
    .map(([key, own]) => {
      const { rate_per_second: rate, concurrency } = own[0]!;
      const name = levelName(own[0]!);
      return { series, name, rate, ramp: null, concurrency, key, ...wholeBlocks(blocksOf(own)) };
    })
    .sort((a, b) => (a.rate ?? 0) - (b.rate ?? 0) || (a.concurrency ?? 0) - (b.concurrency ?? 0));
}

/** A ramp in parts, each with the requests that came at its rates, in the order of the rates. */
function rampLevels(series: Series<LoadRow>, ramp: Ramp, measured: readonly LoadRow[]): LoadLevel[] {
  const { blocks, partial, neverWhole } = wholeBlocks(blocksOf(measured));
  const requests =
    ramp.seconds === null ? measured.length / blocks.length : requestsOfRamp(ramp, ramp.seconds);
  const parts = partsOfRamp(ramp, requests);
  const sharedBy = new Map(blocks.flatMap((block) => block.rows.map((row) => [row, block.parts] as const)));
  const rated = [...sharedBy.keys()].flatMap((row) =>
    row.ramp_rate_per_second == null ? [] : [{ row, part: partAt(parts, row.ramp_rate_per_second) }],
  );
  return [...group(rated, ({ part }) => part)]
    .map(([part, own]) => ({
      ...{ series, name: partName(part), rate: (part.low + part.high) / 2, ramp: part, concurrency: null },
      key: `${levelKey(own[0]!.row)} part ${part.index} of ${parts.length}`,
      blocks: blocksOf(own.map(({ row }) => row)).map((block) => ({
        ...block,
        seconds: part.seconds,
        parts: sharedBy.get(block.rows[0]!) ?? null,
      })),
      ...{ partial, neverWhole },
    }))
    .sort((a, b) => a.rate - b.rate);
}

/** The ramp of a row; null if it belongs to none. */
function rampOf(row: LoadRow | undefined): Ramp | null {
  const { ramp_strategy: strategy, ramp_seconds: seconds = null } = row ?? {};
  const { ramp_start_per_second: startPerSecond, ramp_end_per_second: endPerSecond } = row ?? {};
  if (strategy == null || startPerSecond == null || endPerSecond == null) return null;
  return { strategy, startPerSecond, endPerSecond, seconds };
}

/** A row's ramp in a few words: `linear ramp from 1 to 8/s in 60 s`; null if it belongs to none. */
export function rampText(row: LoadRow): string | null {
  const ramp = rampOf(row);
  if (ramp === null) return null;
  const { strategy, startPerSecond, endPerSecond, seconds } = ramp;
  const time = seconds === null ? "" : ` in ${seconds} s`;
  return `${strategy} ramp from ${startPerSecond} to ${endPerSecond}/s${time}`;
}

/** `1–2.7/s`: the rates of a part. */
const partName = ({ low, high }: RampPart): string => `${rateText(low, 3)}–${rateText(high, 3)}/s`;

const rateText = (rate: number, digits: number): string =>
  rate.toLocaleString("en-US", { maximumSignificantDigits: digits });

function levelKey(row: LoadRow): string {
  const { workload, arrivals, burstiness, rate_per_second, concurrency, level } = row;
  const ramp = rampText(row);
  const place = rate_per_second === null && concurrency === null && ramp === null ? level : null;
  return JSON.stringify([workload, arrivals, burstiness ?? null, rate_per_second, concurrency, place, ramp]);
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
  if (rate_per_second !== null) return `${rateText(rate_per_second, 6)}/s`;
  return concurrency === null ? `level ${level}` : `× ${formatCount(concurrency)}`;
}

/**
 * A position seen twice begins a new run, because logs of two runs may be read under one label. All parts of a load have one stated
 * start for a block, by which their rows are found in whichever logs they are.
 */
function blocksOf(rows: readonly LoadRow[]): LoadBlock[] {
  const blocks = new Map<string, Map<number, LoadRow>>();
  const runs = new Map<string, number>();
  for (const row of rows) {
    const place = `${row.block_starts_at ?? row.log_path} ${row.repeat} ${row.block}`;
    const key = () => `${runs.get(place) ?? 0} ${place}`;
    if (blocks.get(key())?.has(row.run_index)) runs.set(place, (runs.get(place) ?? 0) + 1);
    const block = blocks.get(key()) ?? new Map<number, LoadRow>();
    block.set(row.run_index, row);
    blocks.set(key(), block);
  }
  return [...blocks.values()].map((block) => {
    const own = [...block.values()];
    const parts = partsOf(own);
    if (parts !== null) return sharedBlock(own, parts);
    return {
      rows: own,
      seconds: own.find(({ block_seconds }) => block_seconds !== null)?.block_seconds ?? null,
      steady: own.find(({ block_steady }) => block_steady != null)?.block_steady ?? null,
      clientLimit: clientLimitOf(own),
      parts: null,
    };
  });
}

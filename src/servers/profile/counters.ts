import { anyFell, type Sample, sumOf } from "./prometheus.js";

/** A series by name, and the labels that choose among its samples. */
export interface Series {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** One way to read how many prompt tokens came from a cache. */
export interface CachedReading {
  /** Counters whose increments add up to the cached tokens. */
  readonly hits: readonly Series[];
  /**
   * Counters of the tokens looked up, in groups that are added up: the first group that moved must have moved by the
   * request's prompt; otherwise the reading includes another request.
   */
  readonly of: readonly (readonly Series[])[];
  /** Counters that must not have moved, because this reading does not see what they count. */
  readonly still?: readonly Series[];
  /** `hits` appear only with the first hit, so a missing one is 0. */
  readonly absentIsZero?: true;
}

/** Where KV came from: the accelerator's memory, the host's, a disk or remote store; `external` is outside the server, wherever. */
export const COUNTED_TIERS = ["device", "host", "storage", "external"] as const;
export type CountedTier = (typeof COUNTED_TIERS)[number];

/** A counter with a sample for each place that cached tokens came from. */
export interface TierReading {
  readonly name: string;
  readonly label: string;
  /** Null for tokens that came from no cache. */
  tierOf(value: string): CountedTier | null;
}

/** Which of a server's counters describe one request when read before and after it. */
export interface Counters {
  /** Gauges that are 0 on an idle server; missing ones are ignored. */
  readonly idle: readonly string[];
  /** Counters that move by one per request, of which the first existing one is used. */
  readonly requests: readonly string[];
  /** The readings, the most exact first. */
  readonly cached: readonly CachedReading[];
  /** Where cached tokens came from; left out where a server does not tell. */
  readonly tiers?: TierReading;
  /** Histograms of the seconds a request waits and is prefilled; null if the server has none. */
  readonly queue: string | null;
  readonly prefill: string | null;
}

/** What two scrapes say about the single request between them; null if they say nothing. */
export interface CounterReport {
  readonly cached_tokens: number | null;
  /** Names of the counters that were read. */
  readonly source: string | null;
  readonly server_queue_seconds: number | null;
  readonly server_prefill_seconds: number | null;
}

/** What was between two scrapes: one request that is not fully counted yet, exactly one, or others too. */
export type Between = "not yet" | "one" | "others";

export const NO_REPORT: CounterReport = {
  cached_tokens: null,
  source: null,
  server_queue_seconds: null,
  server_prefill_seconds: null,
};

/** Whether no request is running, as far as the server has gauges for it. */
export function isIdle(counters: Counters, scrape: readonly Sample[]): boolean {
  return counters.idle.every((name) => (sumOf(scrape, name) ?? 0) === 0);
}

/** What was between two scrapes. For a server that counts no requests, its gauges decide. */
export function between(counters: Counters, before: readonly Sample[], after: readonly Sample[]): Between {
  if (!isIdle(counters, before)) return "others";
  const name = counters.requests.find((candidate) => sumOf(after, candidate) !== null);
  // A counter that is missing before the first request appears with it.
  const ended = name === undefined ? 1 : sumOf(after, name)! - (sumOf(before, name) ?? 0);
  if (ended === 0) return "not yet";
  if (ended !== 1) return "others";
  return isIdle(counters, after) ? "one" : "not yet";
}

/**
 * Reads one request from two scrapes with nothing else between them.
 *
 * @example
 * report(vllm.counters!, before, after, 613)
 * // { cached_tokens: 608, source: "vllm:prompt_tokens_by_source_total", server_prefill_seconds: 0.031, … }
 */
export function report(
  counters: Counters,
  before: readonly Sample[],
  after: readonly Sample[],
  promptTokens: number | null,
): CounterReport {
  if (between(counters, before, after) !== "one") return NO_REPORT;
  const moved = movedBetween(before, after);
  const seconds = (histogram: string | null): number | null => {
    if (histogram === null || moved({ name: `${histogram}_count` }) !== 1) return null;
    const sum = moved({ name: `${histogram}_sum` });
    return sum !== null && sum >= 0 ? sum : null;
  };
  const times = {
    server_queue_seconds: seconds(counters.queue),
    server_prefill_seconds: seconds(counters.prefill),
  };
  for (const reading of counters.cached) {
    const cached_tokens = readCached(reading, moved, promptTokens);
    if (cached_tokens !== null) return { cached_tokens, source: namesOfHits(reading), ...times };
  }
  return { ...NO_REPORT, ...times };
}

/** What two scrapes say of all the requests between them, whoever sent them. */
export interface CounterTotals {
  readonly cached_tokens: number;
  /** Tokens that were looked up. */
  readonly prompt_tokens: number;
  /** Names of the counters that were read. */
  readonly source: string;
  /** Of the cached tokens, as far as the server tells its tiers apart. */
  readonly tiers: Readonly<Partial<Record<CountedTier, number>>>;
}

/**
 * Reads what a cache gave between two scrapes; null where the counters did not move, or where one of them went back because the
 * server, or one of its engines, was started anew.
 */
export function totals(
  { cached, tiers }: Pick<Counters, "cached" | "tiers">,
  before: readonly Sample[],
  after: readonly Sample[],
): CounterTotals | null {
  const moved = movedBetween(before, after);
  for (const reading of cached) {
    const { hits, of, still = [], absentIsZero } = reading;
    if (still.some((series) => (moved(series) ?? 0) !== 0)) continue;
    const prompt_tokens = firstMoved(of, moved);
    const cached_tokens = added(hits, moved) ?? (absentIsZero ? 0 : null);
    if (prompt_tokens === undefined || cached_tokens === null) continue;
    if (cached_tokens < 0 || cached_tokens > prompt_tokens) continue;
    // The sum may have grown all the same.
    if (anyFell(new Set([...hits, ...of.flat()].map(({ name }) => name)), before, after)) continue;
    const places = tiers === undefined ? {} : movedTiers(tiers, before, after);
    return { cached_tokens, prompt_tokens, source: namesOfHits(reading), tiers: places };
  }
  return null;
}

/** What each tier gave between two scrapes; a sample that appears with its first hit began at 0. */
function movedTiers(
  { name, label, tierOf }: TierReading,
  before: readonly Sample[],
  after: readonly Sample[],
): Partial<Record<CountedTier, number>> {
  const moved: Partial<Record<CountedTier, number>> = {};
  for (const value of new Set(after.flatMap((one) => (one.name === name ? (one.labels[label] ?? []) : [])))) {
    const tier = tierOf(value);
    if (tier === null) continue;
    const tokens = sumOf(after, name, { [label]: value })! - (sumOf(before, name, { [label]: value }) ?? 0);
    moved[tier] = (moved[tier] ?? 0) + tokens;
  }
  // A server that was started anew has counted from 0 again.
  return anyFell(new Set([name]), before, after) ? {} : moved;
}

type Moved = (series: Series) => number | null;

const movedBetween =
  (before: readonly Sample[], after: readonly Sample[]): Moved =>
  ({ name, labels }) => {
    const now = sumOf(after, name, labels);
    return now === null ? null : now - (sumOf(before, name, labels) ?? 0);
  };

function added(group: readonly Series[], moved: Moved): number | null {
  const known = group.map(moved).filter((tokens) => tokens !== null);
  return known.length === 0 ? null : known.reduce((total, tokens) => total + tokens, 0);
}

const firstMoved = (groups: CachedReading["of"], moved: Moved): number | undefined =>
  groups.map((group) => added(group, moved)).find((tokens) => tokens !== null && tokens !== 0) ?? undefined;

const namesOfHits = ({ hits }: CachedReading): string =>
  [...new Set(hits.map(({ name }) => name))].join(" + ");

function readCached(
  { hits, of, still = [], absentIsZero }: CachedReading,
  moved: Moved,
  promptTokens: number | null,
): number | null {
  if (promptTokens === null || still.some((series) => (moved(series) ?? 0) !== 0)) return null;
  if (firstMoved(of, moved) !== promptTokens) return null;
  const sum = added(hits, moved) ?? (absentIsZero ? 0 : null);
  return sum !== null && Number.isInteger(sum) && sum >= 0 && sum <= promptTokens ? sum : null;
}

/** Prefixes of series by which servers are recognised. */
export const SERIES_PREFIXES = [
  "vllm:",
  "vllm:lmcache_mp_",
  "lmcache:",
  "lmcache_mp_",
  "llamacpp:",
  "sglang:",
] as const;

export type SeriesPrefix = (typeof SERIES_PREFIXES)[number];

/** vLLM's configuration, as labels. */
export const CACHE_CONFIG = "vllm:cache_config_info";

/** The names of all series that counters are read from. */
export function namesOf({ idle, requests, cached, tiers, queue, prefill }: Counters): readonly string[] {
  const series = cached.flatMap(({ hits, of, still = [] }) => [...hits, ...of.flat(), ...still]);
  const histograms = [queue, prefill].filter((name) => name !== null);
  return [
    ...idle,
    ...requests,
    ...series.map(({ name }) => name),
    ...(tiers === undefined ? [] : [tiers.name]),
    ...histograms.flatMap((name) => [`${name}_count`, `${name}_sum`]),
  ];
}

const NAME = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)/;

/**
 * Chooses the lines of one scrape that contain counters, or by which a server is recognised: one line per prefix is enough. A
 * scrape may have a hundred times as many.
 */
export function wantedSeries(counters: readonly Counters[]): (line: string) => boolean {
  const names = new Set([CACHE_CONFIG, ...counters.flatMap(namesOf)]);
  const unseen = new Set<string>(SERIES_PREFIXES);
  return (line) => {
    const name = NAME.exec(line)?.[1];
    if (name === undefined) return false;
    const isFirst =
      [...unseen].filter((prefix) => name.startsWith(prefix) && unseen.delete(prefix)).length > 0;
    return isFirst || names.has(name);
  };
}

import type { Counters } from "./counters.js";

/** How the series of the servers begin that are known by them. */
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
export function namesOf({ idle, requests, cached, queue, prefill }: Counters): readonly string[] {
  const series = cached.flatMap(({ hits, of, still = [] }) => [...hits, ...of.flat(), ...still]);
  const histograms = [queue, prefill].filter((name) => name !== null);
  return [
    ...idle,
    ...requests,
    ...series.map(({ name }) => name),
    ...histograms.flatMap((name) => [`${name}_count`, `${name}_sum`]),
  ];
}

const NAME = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)/;

/**
 * Chooses the lines of one scrape that tell of the counters, or by which a server is known: of each prefix the first will
 * do. A scrape may have a hundred times as many.
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

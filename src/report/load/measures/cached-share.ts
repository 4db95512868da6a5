import { mean, sum } from "d3-array";
import type { LoadRow } from "./load-level.js";

/** What share of the prompts' tokens came from a cache; null where it is not known. */
export interface CachedShares {
  /** As the server reports it, of the requests it reports. */
  readonly reported: number | null;
  /** What an endless cache would have held, of those for which that is known. */
  readonly expected: number | null;
  readonly device: number | null;
  readonly host: number | null;
  readonly storage: number | null;
  /** Requests of which the server told both counts, of those that ended well. */
  readonly told: number;
}

/** Tokens over tokens, of requests that ended well: of a level's, with those that missed. */
export function sharesOf(rows: readonly LoadRow[]): CachedShares {
  const shareOf = (tokensOf: (row: LoadRow) => number | null | undefined): number | null => {
    const known = rows.flatMap((row) => {
      const [tokens, prompt] = [tokensOf(row) ?? null, row.prompt_tokens];
      return tokens === null || prompt === null || prompt === 0 ? [] : [{ tokens, prompt }];
    });
    if (known.length === 0) return null;
    return sum(known, ({ tokens }) => tokens) / sum(known, ({ prompt }) => prompt);
  };
  return {
    reported: shareOf(({ cached_tokens }) => cached_tokens),
    expected: shareOf(({ expected_cached_tokens }) => expected_cached_tokens),
    device: shareOf(({ device_cached_tokens }) => device_cached_tokens),
    host: shareOf(({ host_cached_tokens }) => host_cached_tokens),
    storage: shareOf(({ storage_cached_tokens }) => storage_cached_tokens),
    told: rows.filter(({ cached_tokens, prompt_tokens }) => cached_tokens !== null && prompt_tokens !== null)
      .length,
  };
}

/** The share of one request's prompt that came from a cache; null where the server does not tell. */
export function cachedShare({ cached_tokens, prompt_tokens }: LoadRow): number | null {
  if (cached_tokens === null || prompt_tokens === null || prompt_tokens === 0) return null;
  return Math.min(1, cached_tokens / prompt_tokens);
}

/** The mean of numbers, null of none. */
export const meanOrNull = (values: readonly number[]): number | null => mean(values) ?? null;

import { mean, sum } from "d3-array";
import type { LoadBlock, LoadRow } from "./load-level.js";

/** The share of prompt tokens that came from a cache; null if unknown. */
export interface CachedShares {
  /** As reported by the server, for the requests it reports. */
  readonly reported: number | null;
  /** The share in an unlimited cache, for the requests for which that is known. */
  readonly expected: number | null;
  readonly device: number | null;
  readonly host: number | null;
  readonly storage: number | null;
  /** Number of successful requests for which the server reported both counts. */
  readonly told: number;
}

/** Tokens over tokens, for a level's successful requests, including those that missed. */
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

/**
 * The same by the server's own counters over whole blocks, ramps and whoever else asked included; null where no block has them.
 * They prove nothing for one request, but their sum may be held against that of the requests.
 */
export function countedShare(blocks: readonly LoadBlock[]): number | null {
  const told = blocks.flatMap(({ rows }) => {
    const row = rows.find(({ block_counted_prompt_tokens }) => (block_counted_prompt_tokens ?? 0) > 0);
    const [cached, prompt] = [
      row?.block_counted_cached_tokens ?? null,
      row?.block_counted_prompt_tokens ?? null,
    ];
    return cached === null || prompt === null ? [] : [{ cached, prompt }];
  });
  return told.length === 0 ? null : sum(told, ({ cached }) => cached) / sum(told, ({ prompt }) => prompt);
}

/** The tiers in the order of their speed, by the words of a table. */
const TIERS = [
  ["the device", ({ block_counted_device_tokens: tokens }: LoadRow) => tokens],
  ["the host", ({ block_counted_host_tokens: tokens }: LoadRow) => tokens],
  ["storage", ({ block_counted_storage_tokens: tokens }: LoadRow) => tokens],
  ["beyond the device, by a KV connector", ({ block_counted_external_tokens: tokens }: LoadRow) => tokens],
] as const;

/** The share of all prompts that each tier gave, by the server's own counters over whole blocks; of tiers that they tell. */
export function countedTiers(
  blocks: readonly LoadBlock[],
): readonly { readonly from: string; readonly share: number }[] {
  return TIERS.flatMap(([from, tokensOf]) => {
    const told = blocks.flatMap(({ rows }) => {
      const row = rows.find((one) => (one.block_counted_prompt_tokens ?? 0) > 0 && tokensOf(one) != null);
      return row === undefined ? [] : [{ tokens: tokensOf(row)!, prompt: row.block_counted_prompt_tokens! }];
    });
    if (told.length === 0) return [];
    return [{ from, share: sum(told, ({ tokens }) => tokens) / sum(told, ({ prompt }) => prompt) }];
  });
}

/** The share of one request's prompt that came from a cache; null if not reported. */
export function cachedShare({ cached_tokens, prompt_tokens }: LoadRow): number | null {
  if (cached_tokens === null || prompt_tokens === null || prompt_tokens === 0) return null;
  return Math.min(1, cached_tokens / prompt_tokens);
}

/** The mean of numbers; null for none. */
export const meanOrNull = (values: readonly number[]): number | null => mean(values) ?? null;

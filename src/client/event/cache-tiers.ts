import { isObject, type JsonObject } from "../../domain/json.js";
import { tokenCount } from "./told-count.js";

/** Where the tokens taken from a cache lay, as the server tells; null for what it does not tell. */
export interface CacheTiers {
  readonly device_cached_tokens: number | null;
  readonly host_cached_tokens: number | null;
  /** A disk or a remote store. */
  readonly storage_cached_tokens: number | null;
}

const NO_TIERS: CacheTiers = {
  device_cached_tokens: null,
  host_cached_tokens: null,
  storage_cached_tokens: null,
};

/**
 * Reads the tiers from merged usage: SGLang's `sglext.cached_tokens_details`, which has `storage` only where such a store is
 * attached. They are told when they are counts whose sum is `cached_tokens`.
 *
 * @example cacheTiers({ cached_tokens_details: { device: 4, host: 2 } }, 6) // { device_cached_tokens: 4, host_cached_tokens: 2, storage_cached_tokens: null }
 */
export function cacheTiers(usage: JsonObject | null, cachedTokens: number | null): CacheTiers {
  const tiers = tiersOf(usage);
  return tiers !== null && sumOf(tiers) === cachedTokens ? tiers : NO_TIERS;
}

/** The tokens of all tiers together. */
export function tokensOfTiers(usage: JsonObject | null): number | null {
  const tiers = tiersOf(usage);
  return tiers === null ? null : sumOf(tiers);
}

function tiersOf(usage: JsonObject | null): CacheTiers | null {
  const told = usage?.cached_tokens_details;
  if (!isObject(told)) return null;
  const { device, host, storage } = told;
  const tiers = {
    device_cached_tokens: tokenCount(device),
    host_cached_tokens: tokenCount(host),
    storage_cached_tokens: tokenCount(storage),
  };
  const isWhole =
    tiers.device_cached_tokens !== null &&
    tiers.host_cached_tokens !== null &&
    (tiers.storage_cached_tokens !== null || storage === undefined || storage === null);
  return isWhole ? tiers : null;
}

const sumOf = (tiers: CacheTiers): number =>
  (tiers.device_cached_tokens ?? 0) + (tiers.host_cached_tokens ?? 0) + (tiers.storage_cached_tokens ?? 0);

import type { CacheState, Evidence } from "../domain/ttft-record.js";

/** What was arranged, and what the server reports of this very request. */
export interface CacheReport {
  readonly cacheState: CacheState;
  readonly cachedTokens: number | null;
  readonly promptTokens: number | null;
  /** Tokens of the chat template before the user's own text, which every prompt shares; 0 when unknown. */
  readonly templateTokens: number;
  /** Of a warm request: the most that what was served before it explains; without it any number does. */
  readonly servedTokens?: number;
  /** The field that `cachedTokens` was read from (`TimedCompletion.cached_tokens_source`). */
  readonly source?: string | null;
}

/** The share of its own tokens that a hit takes from the cache at the least: caches work in blocks. */
const WARM_SHARE = 0.5;

/**
 * Holds the arranged state against the server's report.
 *
 * Cold and flushed are proven when no more tokens came from a cache than the template's own, warm when at least half
 * of the others did, and no more than were served for it: the rest would be somebody else's. What is not reported
 * proves nothing.
 *
 * @example
 * cacheEvidence({ cacheState: "cold", cachedTokens: 5, promptTokens: 613, templateTokens: 5, source: "timings.cache_n" })
 * // { evidence: "proven", evidence_source: "timings.cache_n" }
 */
export function cacheEvidence(report: CacheReport): {
  readonly evidence: Evidence;
  readonly evidence_source: string | null;
} {
  const {
    cacheState,
    cachedTokens,
    promptTokens,
    templateTokens,
    servedTokens = Number.POSITIVE_INFINITY,
  } = report;
  if (cachedTokens === null) return { evidence: "unproven", evidence_source: null };
  const evidence_source = report.source ?? "cached_tokens";
  const taken = cachedTokens - templateTokens;
  if (cacheState !== "warm") return { evidence: taken <= 0 ? "proven" : "contradicted", evidence_source };
  if (promptTokens === null || promptTokens <= templateTokens)
    return { evidence: "unproven", evidence_source };
  const isHit = taken >= WARM_SHARE * (promptTokens - templateTokens);
  return { evidence: isHit && cachedTokens <= servedTokens ? "proven" : "contradicted", evidence_source };
}

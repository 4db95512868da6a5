import type { Evidence } from "../domain/records/words.js";

/** The cache state arranged for a request, and so how much of its prompt may come from a cache; in tokens. */
export type Arranged =
  /** Only what all prompts begin with may be cached. */
  { readonly state: "cold"; readonly sharedTokens: number } | ServedPrefix | StoredChunks;

/** The prompt's beginning was served before. */
export interface ServedPrefix {
  readonly state: "prefix";
  /** Length of the beginning that was served; null if the server does not report it. */
  readonly servedTokens: number | null;
  /** The part of it that all prompts begin with: finding that shows nothing. */
  readonly sharedTokens: number;
  /** How much too low `servedTokens` may be. */
  readonly slackTokens?: number;
  /** The block size of the cache; null if unknown. */
  readonly blockTokens: number | null;
}

/** The prompt's chunks were stored, each computed alone. */
export interface StoredChunks {
  readonly state: "chunks";
  /** Number of tokens stored for it. */
  readonly storedTokens: number;
  /** Its longest common beginning with any request that stored chunks: a prefix cache finds that much. */
  readonly prefixTokens: number;
  /** The part of that beginning that the server had before anything was stored; null if it does not say. */
  readonly foundTokens: number | null;
  /** Tokens to be computed although they are stored, as asked for; and as the server reports them, or null. */
  readonly recomputeTokens: { readonly least: number; readonly most: number };
  readonly recomputedTokens: number | null;
  /** Servers of this kind always report it, so one that does not is of another kind. */
  readonly tellsRecomputed: boolean;
}

/** The arranged state, and what the server reports about this request. */
export interface CacheReport {
  readonly arranged: Arranged;
  readonly cachedTokens: number | null;
  readonly promptTokens: number | null;
  /** The field that `cachedTokens` was read from (`TimedCompletion.cached_tokens_source`). */
  readonly source?: string | null;
}

/** What the report says about the arranged state, where it was read, and why the state is not proven. */
export interface CacheEvidence {
  readonly evidence: Evidence;
  readonly evidence_source: string | null;
  readonly evidence_reason: string | null;
}

/** A hit finds at least this share of what it can find, because caches work in blocks. */
const HIT_SHARE = 0.5;

/** Tokens that two texts may share by chance, or because of where their seams fall. */
const CHANCE_TOKENS = 2;

/** With fewer tokens than this after the first chunk, found chunks can't be distinguished from a found prefix. */
const TELLING_TOKENS = 8;

type Judged = readonly ["proven"] | readonly [Exclude<Evidence, "proven">, reason: string];

/**
 * Compares the arranged state with the server's report, which must lie between two bounds.
 *
 * * Cold: no more tokens from a cache than all prompts begin with.
 * * A prefix: at least half of what was served, beyond what all prompts begin with, and no more than was served: the rest
 *   would be another request's.
 * * Chunks: more than the longest common beginning explains, by at least half of what is stored after it; no more than was
 *   stored; and as many recomputed as were asked for, if the server reports it.
 *
 * Values that are missing or impossible prove nothing; neither does a report that both kinds of cache would give.
 *
 * @example
 * const arranged = { state: "cold", sharedTokens: 5 } as const;
 * cacheEvidence({ arranged, cachedTokens: 5, promptTokens: 613, source: "timings.cache_n" })
 * // { evidence: "proven", evidence_source: "timings.cache_n", evidence_reason: null }
 */
export function cacheEvidence({ arranged, cachedTokens, promptTokens, source }: CacheReport): CacheEvidence {
  if (cachedTokens === null) {
    const evidence_reason = "the server reports no cached tokens";
    return { evidence: "unproven", evidence_source: null, evidence_reason };
  }
  const [evidence, reason = null] = judge(arranged, cachedTokens, promptTokens);
  return { evidence, evidence_source: source ?? "cached_tokens", evidence_reason: reason };
}

function judge(arranged: Arranged, cached: number, prompt: number | null): Judged {
  if (!Number.isSafeInteger(cached) || cached < 0 || (prompt !== null && cached > prompt)) {
    const of = prompt === null ? "" : ` of a prompt of ${prompt}`;
    return ["unproven", `the server reports ${cached} cached tokens${of}, which is impossible`];
  }
  switch (arranged.state) {
    case "cold":
      return judgeCold(cached, arranged.sharedTokens);
    case "prefix":
      return judgePrefix(cached, arranged);
    case "chunks":
      return judgeChunks(cached, arranged);
  }
}

function judgeCold(cached: number, sharedTokens: number): Judged {
  if (cached <= sharedTokens) return ["proven"];
  return [
    "contradicted",
    `${cached} tokens came from a cache, ${sharedTokens} of them from the beginning that all prompts share`,
  ];
}

function judgePrefix(cached: number, prefix: ServedPrefix): Judged {
  const { servedTokens, sharedTokens, slackTokens = 0, blockTokens } = prefix;
  if (servedTokens === null) return ["unproven", "the server does not say how long the prompt was"];
  const least = leastOf(servedTokens, sharedTokens);
  if (cached > Math.max(servedTokens, sharedTokens) + slackTokens) {
    return [
      "contradicted",
      `${cached} tokens came from a cache, more than the ${servedTokens} that were served: another request left them`,
    ];
  }
  if (servedTokens <= sharedTokens)
    return ["unproven", "nothing was served beyond the beginning that all prompts share"];
  if (cached >= least) return ["proven"];
  if (!fillsBlocks(servedTokens, sharedTokens, blockTokens)) {
    return ["unproven", tooShortForBlocks(servedTokens, blockTokens ?? 1)];
  }
  return [
    "contradicted",
    `${cached} of the ${servedTokens} tokens served before came from a cache` +
      (cached > 0 && sharedTokens > 0
        ? `, ${sharedTokens} of them from the beginning that all prompts share`
        : ""),
  ];
}

/** The fewest tokens that are a hit. */
const leastOf = (servedTokens: number, sharedTokens: number): number =>
  sharedTokens + HIT_SHARE * (servedTokens - sharedTokens);

/** Whether a cache that works in blocks can show a hit on what was served; the last token is always computed. */
export function fillsBlocks(servedTokens: number, sharedTokens: number, blockTokens: number | null): boolean {
  const block = blockTokens ?? 1;
  return Math.floor((servedTokens - 1) / block) * block >= leastOf(servedTokens, sharedTokens);
}

/** Why a cache with such blocks can't show a hit. */
export const tooShortForBlocks = (servedTokens: number, blockTokens: number): string =>
  `the cache works in blocks of ${blockTokens} tokens, and the ${servedTokens} served before do not fill enough of them`;

function judgeChunks(cached: number, chunks: StoredChunks): Judged {
  const { storedTokens, prefixTokens, foundTokens, recomputeTokens, recomputedTokens } = chunks;
  const behind = storedTokens - prefixTokens;
  if (cached > storedTokens + CHANCE_TOKENS) {
    return [
      "contradicted",
      `${cached} tokens came from a cache, more than the ${storedTokens} that were stored: a whole prompt was found`,
    ];
  }
  if (recomputedTokens !== null && recomputedTokens > recomputeTokens.most + CHANCE_TOKENS) {
    return ["contradicted", `${recomputedTokens} tokens were recomputed, ${recomputeTokens.most} were to be`];
  }
  if (recomputedTokens === 0 && recomputeTokens.least > CHANCE_TOKENS) {
    return ["contradicted", `no token was recomputed, ${recomputeTokens.least} were to be`];
  }
  if (cached < HIT_SHARE * storedTokens) {
    return ["contradicted", `${cached} of the ${storedTokens} tokens stored came from a cache`];
  }
  if (behind < TELLING_TOKENS) {
    return ["unproven", "all that was stored is the prompt's beginning, which a prefix cache finds too"];
  }
  if (cached < prefixTokens + HIT_SHARE * behind) {
    return [
      "contradicted",
      `${cached} tokens came from a cache, where a prefix cache alone finds ${prefixTokens}: the chunks after that prefix were not reused`,
    ];
  }
  if (recomputedTokens === null && chunks.tellsRecomputed) {
    return ["unproven", "the server does not say how many tokens it recomputed"];
  }
  if (foundTokens !== null && foundTokens > CHANCE_TOKENS + HIT_SHARE * prefixTokens) {
    return [
      "unproven",
      `the server had ${foundTokens} tokens of the prompt's beginning before they were stored`,
    ];
  }
  return ["proven"];
}

import type { Evidence } from "../domain/records/words.js";

/** What was arranged for a request, and by it what of its prompt may come from a cache; all in tokens. */
export type Arranged =
  /** Nothing but what all prompts begin with. */
  { readonly state: "cold"; readonly sharedTokens: number } | ServedPrefix | StoredChunks;

/** The prompt's beginning was served before. */
export interface ServedPrefix {
  readonly state: "prefix";
  /** The beginning that was served; null where the server does not say how long it was. */
  readonly servedTokens: number | null;
  /** Of that, what all prompts begin with: finding it shows nothing. */
  readonly sharedTokens: number;
  /** By how much `servedTokens` may be too low. */
  readonly slackTokens?: number;
  /** The fewest tokens the cache takes or leaves; null where it is not known. */
  readonly blockTokens: number | null;
}

/** The prompt's chunks were stored, each computed alone. */
export interface StoredChunks {
  readonly state: "chunks";
  /** Tokens of all that was stored for it. */
  readonly storedTokens: number;
  /** Its longest common beginning with anything that was sent to store them: a prefix cache finds as much. */
  readonly prefixTokens: number;
  /** Of that beginning, what the server had before anything was stored; null where it does not say. */
  readonly foundTokens: number | null;
  /** Tokens computed although they are stored, as asked for; and as the server tells them, or null. */
  readonly recomputeTokens: { readonly least: number; readonly most: number };
  readonly recomputedTokens: number | null;
  /** A server of its kind always tells; one that does not is another. */
  readonly tellsRecomputed: boolean;
}

/** What was arranged, and what the server reports of this very request. */
export interface CacheReport {
  readonly arranged: Arranged;
  readonly cachedTokens: number | null;
  readonly promptTokens: number | null;
  /** The field that `cachedTokens` was read from (`TimedCompletion.cached_tokens_source`). */
  readonly source?: string | null;
}

/** What the report says of the arranged state, where that was read, and why it is not proven. */
export interface CacheEvidence {
  readonly evidence: Evidence;
  readonly evidence_source: string | null;
  readonly evidence_reason: string | null;
}

/** The share of what it may find that a hit finds at the least: caches work in blocks. */
const HIT_SHARE = 0.5;

/** Tokens two texts may share by chance, or by where their seams fall. */
const CHANCE_TOKENS = 2;

/** Fewer tokens than these behind the first chunk can't tell chunks found apart from a prefix found. */
const TELLING_TOKENS = 8;

type Judged = readonly ["proven"] | readonly [Exclude<Evidence, "proven">, reason: string];

/**
 * Holds what was arranged against the server's report, which has to lie between two bounds.
 *
 * * Cold: no more tokens from a cache than all prompts begin with.
 * * A prefix: at least half of what was served, beyond what all prompts begin with, and no more than was served: the
 *   rest would be somebody else's.
 * * Chunks: more than the longest common beginning explains, by at least half of what is stored behind it; no more than
 *   was stored; and as many recomputed as were asked for, where the server tells.
 *
 * What is not reported, or can't be true, proves nothing; nor does a report that both kinds of cache would give.
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

/** Whether a cache that works in blocks can show a hit of what was served: the last token is always computed. */
export function fillsBlocks(servedTokens: number, sharedTokens: number, blockTokens: number | null): boolean {
  const block = blockTokens ?? 1;
  return Math.floor((servedTokens - 1) / block) * block >= leastOf(servedTokens, sharedTokens);
}

/** Why a hit can't show in a cache of such blocks. */
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

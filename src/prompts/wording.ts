/** Whose words a task is put in. */
export const WORDINGS = ["plain", "longbench", "cacheblend", "bare"] as const;

/**
 * How a task is worded: in this package's own words, exactly as LongBench or the CacheBlend scripts do, or `bare`, without
 * any instruction: the context, a blank line and the question, or `Summarize:` where there is none.
 */
export type Wording = (typeof WORDINGS)[number];

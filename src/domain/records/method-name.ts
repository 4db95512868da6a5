/** How a request meets the cache; the word in logs, tables and the engine alike. */
export const METHODS = ["full_prefill", "prefix_cache", "full_kv_reuse", "cacheblend"] as const;
export type MethodName = (typeof METHODS)[number];

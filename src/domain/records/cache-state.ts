/**
 * What the experiment arranged before the request: `cold`, no KV of this prompt is in any cache; `warm`, the
 * same prompt was just served; `flushed`, the first run after a flush.
 */
export const CACHE_STATES = ["cold", "warm", "flushed"] as const;
export type CacheState = (typeof CACHE_STATES)[number];

/** What the server's own report says of the arranged state; `unproven` when it reports nothing. */
export const EVIDENCE = ["proven", "contradicted", "unproven"] as const;
export type Evidence = (typeof EVIDENCE)[number];

/**
 * How the state was arranged: a prompt nobody has sent; such a prompt with a `cache_salt` of its own, or with
 * `cache_prompt: false`; the last prompt again; the server's reset; fillers that push everything else out; nothing.
 */
export const CACHE_CONTROLS = [
  "unique_prompt",
  "cache_salt",
  "cache_prompt_false",
  "repeat",
  "reset",
  "filler",
  "none",
] as const;
export type CacheControl = (typeof CACHE_CONTROLS)[number];

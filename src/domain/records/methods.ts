/** What the rest of the program must know of a method; how it asks stands in its own file. */
interface MethodEntry {
  /** What it is called where nobody names it. */
  readonly title: string;
  /** Its word in `--methods`. */
  readonly flag: string;
  /** Its function in the library's `methods`. */
  readonly door: string;
  /** What it takes from a cache; of chunks, the server that blends is asked. */
  readonly reuses: "nothing" | "prefix" | "chunks";
  /** What it computes of the chunks it reuses; of some, it is asked once for each recompute ratio, and wins back a share of the loss. */
  readonly recomputes: "nothing" | "some" | null;
  /** Its line across a chart against the recompute ratio, where it marks an end of it. */
  readonly across: "dash" | "dot" | null;
}

/**
 * Every method, once, in the order of tables and of the command line: from what computes everything to what reuses most.
 * A new one is an entry here, a file of its own in `methods`, and its name in the library's door.
 */
export const METHODS = {
  full_prefill: {
    title: "Full prefill",
    flag: "full",
    door: "fullPrefill",
    reuses: "nothing",
    recomputes: null,
    across: "dash",
  },
  prefix_cache: {
    title: "Prefix cache",
    flag: "prefix",
    door: "prefixCache",
    reuses: "prefix",
    recomputes: null,
    across: null,
  },
  full_kv_reuse: {
    title: "Full KV reuse",
    flag: "reuse",
    door: "fullKvReuse",
    reuses: "chunks",
    recomputes: "nothing",
    across: "dot",
  },
  cacheblend: {
    title: "CacheBlend",
    flag: "blend",
    door: "cacheBlend",
    reuses: "chunks",
    recomputes: "some",
    across: null,
  },
} as const satisfies Readonly<Record<string, MethodEntry>>;

/** How a request meets the cache; the word in logs, tables and the engine alike. */
export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

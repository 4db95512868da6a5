/** What the rest of the program must know about a method; its requests are in its own file. */
interface MethodEntry {
  /** Its default label. */
  readonly title: string;
  /** Its word in `--methods`. */
  readonly flag: string;
  /** Its function in the library's `methods`. */
  readonly door: string;
  /** What it takes from a cache; for chunks, the blending server is asked. */
  readonly reuses: "nothing" | "prefix" | "chunks";
  /**
   * What it computes of the chunks it reuses: a chosen share, measured once for each recompute ratio; or the tokens at their
   * beginnings, measured once for each number of them. Either recovers a share of the loss.
   */
  readonly recomputes: "nothing" | "share" | "beginnings" | null;
  /** Whether `--methods` includes it by default: a method of only one kind of server must be named. */
  readonly isUsual: boolean;
  /** Its horizontal line in a chart against the recompute ratio, if it marks an end of it. */
  readonly across: "dash" | "dot" | null;
}

/**
 * Every method, listed once, in the order of tables and of the command line: from the one that computes everything to the one
 * that reuses most. A new one is an entry here, a file of its own in `methods`, and its name in `api/methods.ts`.
 */
export const METHODS = {
  full_prefill: {
    title: "Full prefill",
    flag: "full",
    door: "fullPrefill",
    reuses: "nothing",
    recomputes: null,
    isUsual: true,
    across: "dash",
  },
  prefix_cache: {
    title: "Prefix cache",
    flag: "prefix",
    door: "prefixCache",
    reuses: "prefix",
    recomputes: null,
    isUsual: true,
    across: null,
  },
  full_kv_reuse: {
    title: "Full KV reuse",
    flag: "reuse",
    door: "fullKvReuse",
    reuses: "chunks",
    recomputes: "nothing",
    isUsual: true,
    across: "dot",
  },
  cacheblend: {
    title: "CacheBlend",
    flag: "blend",
    door: "cacheBlend",
    reuses: "chunks",
    recomputes: "share",
    isUsual: true,
    across: null,
  },
  epic: {
    title: "EPIC",
    flag: "epic",
    door: "epic",
    reuses: "chunks",
    recomputes: "beginnings",
    isUsual: false,
    across: null,
  },
} as const satisfies Readonly<Record<string, MethodEntry>>;

/** How a request uses the cache; the same word in logs, tables and the engine. */
export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

/** What a method computes of the chunks it reuses; null if it reuses none, or is unknown. */
export const recomputesOf = (name: MethodName | null): MethodEntry["recomputes"] =>
  name === null ? null : METHODS[name].recomputes;

/** Whether a method recovers a part of what reuse loses. */
export const winsBack = (name: MethodName | null): boolean =>
  recomputesOf(name) === "share" || recomputesOf(name) === "beginnings";

/** How CacheBlend chooses the tokens that it recomputes; `engine/methods/selection.ts` explains each. */
export const SELECTORS = ["v", "k", "attention", "random"] as const;
export type Selector = (typeof SELECTORS)[number];

/** How often it chooses: only at the check layer, as in the paper's code; or again at each later layer, as in its text. */
export const FILTERINGS = ["once", "gradual"] as const;
export type Filtering = (typeof FILTERINGS)[number];

/** What a method recomputes, in the terms of a record; null if that has no meaning, or only the server knows. */
export interface MethodSetting {
  readonly recompute_ratio: number | null;
  readonly tokens_per_chunk: number | null;
  readonly selector: Selector | null;
  readonly check_layer: number | null;
  readonly filtering: Filtering | null;
}

/** The setting of methods that choose no tokens to recompute. */
export const NO_SETTING: MethodSetting = {
  recompute_ratio: null,
  tokens_per_chunk: null,
  selector: null,
  check_layer: null,
  filtering: null,
};

/** How the paper's code chooses, which is implied in older logs. */
const PAPERS = { selector: "v", check_layer: 1, filtering: "once" } as const;

/**
 * How a row's method chooses, if differently from the paper's code; null if not, or if the row does not say.
 *
 * @example choiceOf({ selector: "k", check_layer: 1, filtering: "once" }) // "by k"
 */
export function choiceOf({ tokens_per_chunk, ...row }: Partial<MethodSetting>): string | null {
  const { selector, check_layer, filtering } = {
    selector: row.selector ?? PAPERS.selector,
    check_layer: row.check_layer ?? PAPERS.check_layer,
    filtering: row.filtering ?? PAPERS.filtering,
  };
  const words = [
    ...(tokens_per_chunk == null ? [] : [`k = ${tokens_per_chunk}`]),
    ...(selector === PAPERS.selector ? [] : [`by ${selector}`]),
    ...(check_layer === PAPERS.check_layer ? [] : [`check layer ${check_layer}`]),
    ...(filtering === PAPERS.filtering ? [] : [`${filtering} filtering`]),
  ];
  return words.length === 0 ? null : words.join(", ");
}

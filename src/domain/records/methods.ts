/** What the rest of the program must know of a method; how it asks stands in its own file. */
interface MethodEntry {
  /** Its default label. */
  readonly title: string;
  /** Its word in `--methods`. */
  readonly flag: string;
  /** Its function in the library's `methods`. */
  readonly door: string;
  /** What it takes from a cache; of chunks, the server that blends is asked. */
  readonly reuses: "nothing" | "prefix" | "chunks";
  /**
   * What it computes of the chunks it reuses: a share that is chosen, asked once for each recompute ratio; or the tokens at
   * their beginnings, asked once for each number of them. Either wins back a share of the loss.
   */
  readonly recomputes: "nothing" | "share" | "beginnings" | null;
  /** Whether `--methods` has it where nothing is said: what one kind of server alone can do is asked for by name. */
  readonly isUsual: boolean;
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

/** How a request meets the cache; the word in logs, tables and the engine alike. */
export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

/** What a method computes of the chunks it reuses; null where it reuses none, or nobody says what it is. */
export const recomputesOf = (name: MethodName | null): MethodEntry["recomputes"] =>
  name === null ? null : METHODS[name].recomputes;

/** Whether a method makes good a part of what reuse loses. */
export const winsBack = (name: MethodName | null): boolean =>
  recomputesOf(name) === "share" || recomputesOf(name) === "beginnings";

/** By what CacheBlend chooses the tokens that it recomputes; `engine/methods/selection.ts` says what each is. */
export const SELECTORS = ["v", "k", "attention", "random"] as const;
export type Selector = (typeof SELECTORS)[number];

/** How often it chooses: at the check layer alone, as the paper's code; or again at each behind it, as its text. */
export const FILTERINGS = ["once", "gradual"] as const;
export type Filtering = (typeof FILTERINGS)[number];

/** What a method recomputes, in the words of a record; null where that has no meaning, or is the server's to know. */
export interface MethodSetting {
  readonly recompute_ratio: number | null;
  readonly tokens_per_chunk: number | null;
  readonly selector: Selector | null;
  readonly check_layer: number | null;
  readonly filtering: Filtering | null;
}

/** The setting of what recomputes nothing by choice. */
export const NO_SETTING: MethodSetting = {
  recompute_ratio: null,
  tokens_per_chunk: null,
  selector: null,
  check_layer: null,
  filtering: null,
};

/** How the paper's code chooses, which older logs do not say. */
const PAPERS = { selector: "v", check_layer: 1, filtering: "once" } as const;

/**
 * How a row's method chooses, where it is not as the paper's code does; null where it is, or says nothing.
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

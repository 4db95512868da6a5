import { group } from "d3-array";
import { METHOD_TRAITS } from "../../domain/records/method-traits.js";
import { METHOD_NAMES, type MethodName, type MethodSetting } from "../../domain/records/methods.js";
import type { MethodColumns } from "../../domain/records/record-kinds.js";
import {
  fewestTelling,
  ORIGIN_TRAITS,
  type Series,
  type SeriesRow,
  seriesOf,
  type Trait,
} from "../../domain/records/series.js";
import { acrossModels, type Counterpart, counterpartOf, seriesNamed } from "../counterpart.js";
import { labelOf } from "./asked-rows.js";

/** What a row of a method comparison says about itself. */
export interface MethodOrigin extends SeriesRow, Pick<MethodColumns, keyof MethodSetting | "tokenised"> {
  /** Null if another tool measured it and does not say. */
  readonly method: MethodName | null;
  readonly label: string | null;
  readonly recomputed_ratio?: number | null;
}

/** One method of a group. */
export interface MethodSeries<R> extends Series<R> {
  /** What it is compared with, which may be itself; without a series, the reason there is nothing. */
  readonly baseline: Counterpart<Series<R>>;
}

/** The methods that were measured with one model on one server, and are compared with each other. */
export interface MethodGroup<R> {
  /** What distinguishes it from the other groups, such as `A40` or `llama-8b`; empty if there is only one. */
  readonly name: string;
  /** In the order that tables print them. */
  readonly methods: readonly MethodSeries<R>[];
  /** The group's own full prefill, from which a recovered loss is counted; null if it has none. */
  readonly fullPrefill: Series<R> | null;
  /** The group's own full KV reuse. */
  readonly fullReuse: Series<R> | null;
}

/** The groups of a comparison, with notes on their baselines. */
export interface MethodGroups<R> {
  readonly groups: readonly MethodGroup<R>[];
  readonly notes: readonly string[];
}

/** Prompts with different tokens are different prompts, whatever is compared. */
const TOKENS: Trait<Pick<MethodColumns, "tokenised">> = {
  name: "tokens",
  of: ({ tokenised }) =>
    tokenised == null ? null : tokenised === "pieces" ? "pieces tokenised apart" : "text tokenised whole",
  silenceCounts: false,
};

/** What two methods must share to be compared, and its name in a reason. */
const SHARED: Readonly<Record<string, (value: string) => string>> = {
  log: (value) => `in ${value}`,
  model: (value) => `with model ${value}`,
  server: (value) => `on ${value}`,
};

/**
 * Sorts rows into groups that may be compared: one key of a map of logs, one server, one model, and the same setting. Each
 * group has its own baseline: its full prefill (of several, the first in alphabetical order, so that the order of measurement
 * decides nothing), or the label asked for. Only a name that includes its group, such as `A40: Full prefill`, or one within
 * the same log, is also the baseline of other groups.
 *
 * @throws OptionError for a baseline that is not a label of the rows.
 */
export function methodGroups<R extends MethodOrigin>(
  rows: readonly R[],
  asked: string | undefined,
  ownSetting: readonly Trait<R>[] = [],
): MethodGroups<R> {
  const setting = [...ownSetting, TOKENS];
  const all = seriesOf<R>(rows, labelOf, [...ORIGIN_TRAITS, ...setting, ...METHOD_TRAITS]);
  const shared = sharedTraits(all, setting);
  const named = asked === undefined ? null : seriesNamed(all, asked);
  const groups = [
    ...group(all, ({ traits }) => JSON.stringify(shared.map((trait) => traits.get(trait)))).values(),
  ].map((members): MethodGroup<R> => {
    const fullPrefill = firstOf(members, "full_prefill");
    const own = named === null ? fullPrefill : (members.find((one) => named.includes(one)) ?? null);
    const baselineOf = (one: Series<R>): Counterpart<Series<R>> => {
      if (own !== null) return { series: own };
      const foreign = named === null ? null : foreignBaseline(one, named, all, asked!);
      if (foreign !== null) return foreign;
      const where = shared.flatMap((trait) => whereOf(trait, one.traits.get(trait) ?? null)).join(" ");
      return { series: null, reason: `${asked ?? "full prefill"} was not measured ${where}`.trim() };
    };
    const telling = shared.map((trait) => members[0]!.traits.get(trait) ?? `${trait} not stated`);
    return {
      name: telling.join(", "),
      methods: members
        .map((one) => ({ ...one, baseline: baselineOf(one) }))
        .sort((a, b) => byMethod(a.rows[0]!, b.rows[0]!)),
      fullPrefill: own !== null && own.rows[0]!.method === "full_prefill" ? own : fullPrefill,
      fullReuse: firstOf(members, "full_kv_reuse"),
    };
  });
  return { groups, notes: foreignNotes(groups) };
}

/** The traits that distinguish series which must not be compared, as few as suffice. */
function sharedTraits<R>(all: readonly Series<R>[], setting: readonly Trait<R>[]): string[] {
  const differ = (trait: string, silenceCounts: boolean) => {
    const values = new Set<string | null>(all.map(({ traits }) => traits.get(trait) ?? null));
    if (!silenceCounts) values.delete(null);
    return values.size > 1;
  };
  const differing = [
    ...Object.keys(SHARED).filter((trait) => differ(trait, trait === "model")),
    ...setting.filter(({ name, silenceCounts }) => differ(name, silenceCounts)).map(({ name }) => name),
  ];
  const values = all.map(({ traits }) => differing.map((trait) => traits.get(trait) ?? null));
  return fewestTelling(values, [...differing.keys()]).map((place) => differing[place]!);
}

const firstOf = <R extends MethodOrigin>(
  members: readonly Series<R>[],
  method: MethodName,
): Series<R> | null =>
  members.filter(({ rows }) => rows[0]!.method === method).sort((a, b) => (a.name < b.name ? -1 : 1))[0] ??
  null;

/** The named baseline of another group, if the name can mean nothing else or both are in one log. */
function foreignBaseline<R extends MethodOrigin>(
  one: Series<R>,
  named: readonly Series<R>[],
  all: readonly Series<R>[],
  asked: string,
): Counterpart<Series<R>> | null {
  const found = counterpartOf(one, named, all);
  if (found.series === null) return null;
  const { traits, label, name, suffix, rows } = found.series;
  const saysWhose = (traits.get("log") != null && asked === label) || (suffix !== "" && asked === name);
  return saysWhose || rows[0]!.log_path === one.rows[0]!.log_path ? found : null;
}

function whereOf(trait: string, value: string | null): string {
  if (value === null) return `with ${trait} not stated`;
  return SHARED[trait]?.(value) ?? `with ${value}`;
}

function foreignNotes<R>(groups: readonly MethodGroup<R>[]): string[] {
  const foreign = groups.flatMap(({ methods }) =>
    methods.flatMap((one) => {
      const { series } = one.baseline;
      return series === null || methods.some(({ name }) => name === series.name)
        ? []
        : [[one, series] as const];
    }),
  );
  if (foreign.length === 0) return [];
  const baselines = [...new Set(foreign.map(([, { name }]) => name))].join(", ");
  return [
    `Compared with ${baselines}, as requested, although it was measured with another model or server: ${foreign.map(([{ name }]) => name).join("; ")}.`,
    ...acrossModels(foreign),
  ];
}

type OrderedMethod = Pick<MethodOrigin, "method" | "recompute_ratio" | "tokens_per_chunk" | "label">;

/**
 * Orders methods as tables print them: from the one that computes everything to the one that reuses most, then by recompute
 * ratio, then by label.
 */
export function byMethod(a: OrderedMethod, b: OrderedMethod): number {
  return (
    placeOf(a.method) - placeOf(b.method) ||
    (a.recompute_ratio ?? 0) - (b.recompute_ratio ?? 0) ||
    (a.tokens_per_chunk ?? 0) - (b.tokens_per_chunk ?? 0) ||
    (a.label ?? "").localeCompare(b.label ?? "")
  );
}

/** Methods without a name come last. */
const placeOf = (method: MethodName | null): number =>
  method === null ? METHOD_NAMES.length : METHOD_NAMES.indexOf(method);

import type { LogOrigin } from "./log-origin.js";

/** What every row says about itself, and about its log if it was read from one. */
export interface SeriesRow extends Partial<LogOrigin> {
  readonly model: string | null;
}

/** A property in which rows of one label may differ, so that they belong to different series. */
export interface Trait<R> {
  readonly name: string;
  readonly of: (row: R) => string | null;
  /** Whether a missing value differs from a stated one; otherwise only different stated values do. */
  readonly silenceCounts: boolean;
}

/** What distinguishes rows of every kind. */
export const ORIGIN_TRAITS: readonly Trait<SeriesRow>[] = [
  { name: "label", of: ({ own_label }) => own_label ?? null, silenceCounts: false },
  { name: "model", of: ({ model }) => model, silenceCounts: true },
  { name: "log", of: ({ log_label }) => log_label ?? null, silenceCounts: false },
  { name: "server", of: ({ log_server }) => log_server ?? null, silenceCounts: false },
];

/** Rows that belong together: a row of a table at each context or load, and a line of a chart. */
export interface Series<R> {
  readonly label: string;
  /** What distinguishes it from the other series of its label, such as ` · llama-8b`; empty if there is no other. */
  readonly suffix: string;
  /** The label with the suffix: what tables and charts print. */
  readonly name: string;
  /** Its value of every trait; null if not stated. */
  readonly traits: ReadonlyMap<string, string | null>;
  readonly rows: readonly R[];
}

/**
 * *The* rule for what belongs together: the rows of one label that differ in no trait. A label that mixes two models or two
 * servers becomes two series, in order of appearance, each named by what distinguishes it from the others.
 *
 * @example seriesOf(rows, ({ label }) => label, ORIGIN_TRAITS).map(({ name }) => name) // ["vLLM · llama-8b", "vLLM · qwen-7b"]
 */
export function seriesOf<R>(
  rows: readonly R[],
  labelOf: (row: R) => string,
  traits: readonly Trait<R>[],
): Series<R>[] {
  const byLabel = new Map<string, Map<string, Part<R>>>();
  for (const row of rows) {
    const label = labelOf(row);
    const parts = byLabel.get(label) ?? new Map<string, Part<R>>();
    if (parts.size === 0) byLabel.set(label, parts);
    const values = traits.map((trait) => trait.of(row));
    const key = JSON.stringify(values);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { values, rows: [row] });
    else part.rows.push(row);
  }
  return [...byLabel].flatMap(([label, parts]) => split(label, [...parts.values()], traits));
}

interface Part<R> {
  readonly values: readonly (string | null)[];
  readonly rows: R[];
}

function split<R>(label: string, parts: readonly Part<R>[], traits: readonly Trait<R>[]): Series<R>[] {
  const telling = traits.flatMap(({ silenceCounts }, index) => {
    const values = new Set<string | null>(parts.map((part) => part.values[index]!));
    if (!silenceCounts) values.delete(null);
    return values.size > 1 ? [index] : [];
  });
  const merged = new Map<string, Part<R>>();
  for (const { values, rows } of parts) {
    const key = keyOf(values, telling);
    const part = merged.get(key);
    if (part === undefined) merged.set(key, { values, rows: [...rows] });
    else {
      for (const row of rows) part.rows.push(row);
      merged.set(key, {
        values: part.values.map((value, index) => value ?? values[index]!),
        rows: part.rows,
      });
    }
  }
  const all = [...merged.values()];
  const naming = fewestTelling(
    all.map(({ values }) => values),
    telling,
  );
  return all.map(({ values, rows }) => {
    const told = naming.map((index) => values[index] ?? `${traits[index]!.name} not stated`);
    const suffix = told.length === 0 ? "" : ` · ${told.join(", ")}`;
    return {
      label,
      suffix,
      name: `${label}${suffix}`,
      traits: new Map(traits.map(({ name }, index) => [name, values[index]!])),
      rows,
    };
  });
}

/** The fewest positions that distinguish all values, earlier ones first. */
export function fewestTelling(
  all: readonly (readonly (string | null)[])[],
  places: readonly number[],
): readonly number[] {
  const chosen: number[] = [];
  const count = (indices: readonly number[]) => new Set(all.map((values) => keyOf(values, indices))).size;
  for (const index of places) {
    if (count([...chosen, index]) > count(chosen)) chosen.push(index);
  }
  return chosen;
}

const keyOf = (values: readonly (string | null)[], indices: readonly number[]): string =>
  JSON.stringify(indices.map((index) => values[index]));

/** Whether some label mixes models, so that times and scores are compared within each model only. */
export function mixesModels(all: readonly Pick<Series<unknown>, "label" | "traits">[]): boolean {
  const modelOf = new Map<string, string | null>();
  return all.some(({ label, traits }) => {
    const model = traits.get("model") ?? null;
    if (modelOf.has(label)) return modelOf.get(label) !== model;
    modelOf.set(label, model);
    return false;
  });
}

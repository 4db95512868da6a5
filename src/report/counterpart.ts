import { OptionError } from "../domain/errors/errors.js";
import type { Series } from "../domain/records/series.js";

type Named = Pick<Series<unknown>, "label" | "name" | "traits">;

/** The series that another is compared with, or the reason there is none. */
export type Counterpart<S> = { readonly series: S } | { readonly series: null; readonly reason: string };

/**
 * The series that a baseline's name means: by their full name, their label, or the label that their records have
 * themselves.
 *
 * @throws OptionError for an unknown name.
 */
export function seriesNamed<S extends Named>(
  all: readonly S[],
  asked: string,
  shown = (name: string) => name,
): readonly S[] {
  const ways: readonly ((one: Named) => boolean)[] = [
    ({ name }) => name === asked,
    ({ label }) => label === asked,
    ({ traits }) => traits.get("label") === asked,
  ];
  const found = ways.map((means) => all.filter(means)).find((named) => named.length > 0);
  if (found !== undefined) return found;
  const names = [...new Set(all.map(({ name }) => shown(name)))].join(", ");
  throw new OptionError("baseline", `must be one of the labels (${names || "there are none"})`, asked);
}

/**
 * Which of the series with the baseline's name a series is compared with: of several, the one that agrees with it in
 * everything that distinguishes them; if its own label mixes models, only one of the same model.
 */
export function counterpartOf<S extends Named>(
  one: Named,
  named: readonly S[],
  all: readonly Named[],
): Counterpart<S> {
  const differIn = (trait: string, series: readonly Named[]) =>
    new Set(series.map(({ traits }) => traits.get(trait))).size > 1;
  const twins = all.filter(({ label }) => label === one.label);
  const telling = [...one.traits.keys()].filter(
    (trait) => differIn(trait, named) || (trait === "model" && differIn(trait, twins)),
  );
  const agreeing = named.filter(({ traits }) =>
    telling.every((trait) => traits.get(trait) === one.traits.get(trait)),
  );
  if (agreeing.length === 1) return { series: agreeing[0]! };
  const what = telling.map((trait) => `${trait} ${one.traits.get(trait) ?? "not stated"}`).join(", ");
  return { series: null, reason: `the baseline was not measured with ${what}` };
}

/** Says which comparisons are between two models, because a single label does not show it. */
export function acrossModels(compared: readonly (readonly [one: Named, baseline: Named])[]): string[] {
  const across = compared.filter(
    ([one, baseline]) => one.traits.get("model") !== baseline.traits.get("model"),
  );
  const modelOf = ({ traits }: Named) => traits.get("model") ?? "not stated";
  const told = across.map(
    ([one, base]) => `${one.name} (${modelOf(one)}) with ${base.name} (${modelOf(base)})`,
  );
  return told.length === 0 ? [] : [`Compared across different models: ${[...new Set(told)].join("; ")}.`];
}

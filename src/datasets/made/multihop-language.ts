import type { Random } from "../../stats/random.js";

/**
 * The words and sentences of the language of the embedded tiny model, one token per word.
 *
 * The same language as `models/training/language.py`, in which the model is trained.
 */
const numbered = (stem: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${stem}${index}`);

export const MALE = numbered("m", 16);
export const FEMALE = numbered("f", 16);
export const LAST = numbered("last", 32);
const NOUN = numbered("noun", 40);
const ADJECTIVE = numbered("adj", 24);
const MONTH = numbered("mon", 12);
const VERB = numbered("vrb", 16);

/** How a fact of one kind is stated and asked for. */
export interface Relation {
  readonly tells: string;
  /** The kinds of words in its value, in order. */
  readonly value: readonly (readonly string[])[];
  readonly asks: string;
}

export const RELATIONS: readonly Relation[] = [
  { tells: "was born in", value: [numbered("city", 32)], asks: "born" },
  { tells: "works as", value: [numbered("job", 32)], asks: "works" },
  { tells: "plays the", value: [numbered("ins", 24)], asks: "plays" },
  { tells: "owns a", value: [numbered("col", 12), numbered("ani", 16)], asks: "owns" },
  { tells: "speaks", value: [numbered("lang", 24)], asks: "speaks" },
];

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.int(items.length)]!;
}

/** A sentence about nobody: 10 or 8 words, with equal probability. */
export function fillerSentence(random: Random): string {
  const [one, other] = [pick(random, NOUN), pick(random, NOUN)];
  return random.int(2) === 0
    ? `the ${one} was ${pick(random, ADJECTIVE)} and the ${other} was ${pick(random, ADJECTIVE)} .`
    : `in ${pick(random, MONTH)} the ${one} ${pick(random, VERB)} the ${other} .`;
}

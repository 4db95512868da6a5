import { z } from "zod";
import { OptionError } from "../../domain/errors/errors.js";
import { checkOptions, MOST_REPEATED } from "../../domain/errors/options.js";
import type { Example } from "../../domain/records/example.js";
import { type Random, random } from "../../stats/random.js";
import { FEMALE, fillerSentence, LAST, MALE, pick, RELATIONS, type Relation } from "./multihop-language.js";

/** Options for the contexts of generated examples. */
export interface MultihopShape {
  /**
   * Number of people in a context, each in two chunks: 2 to 32; by default 3, or with `contextTokens` one for each 128
   * tokens, from 3 to 24.
   */
  readonly documents?: number;
  /** Filler sentences of each person's first chunk, by default 1; the second has one more. Not with `contextTokens`. */
  readonly fillers?: number;
  /** Tokens of the chunks together, to within a sentence, reached by adding fillers to one chunk after the other. */
  readonly contextTokens?: number;
  /**
   * `true` (the default): every question needs a name from one chunk and a value from another. `false`: both are in one
   * chunk. `"both"`: they alternate, beginning with the first kind.
   */
  readonly crossChunk?: boolean | "both";
}

export interface MultihopOptions extends MultihopShape {
  readonly count: number;
  /** By default 0. */
  readonly seed?: number | string;
}

const whole = (least: number) => z.int("must be a whole number").min(least, `must be at least ${least}`);
const OPTIONS = z.strictObject({
  count: whole(1).max(MOST_REPEATED, `must be at most ${MOST_REPEATED}`),
  seed: z.union([z.number(), z.string()]).default(0),
  documents: whole(2).max(32, "must be at most 32").optional(),
  fillers: whole(0).optional(),
  contextTokens: whole(1).optional(),
  crossChunk: z.union([z.boolean(), z.literal("both")], 'must be true, false or "both"').default(true),
});

/**
 * Generates questions in the embedded tiny model's language that full KV reuse is designed to fail: a person's first chunk
 * gives the name and one fact, the second says only "he" or "she".
 *
 * Example `i` depends only on the seed, `i` and the shape, not on the count. All people of a context have the same kinds of
 * facts, so without the link between the chunks an answer is a guess: 1 in `documents`.
 *
 * @throws OptionError
 * @example multihopExamples({ count: 1, seed: 7 })[0].passages[0].text // "## f1 last1 works as job28 . the …"
 */
export function multihopExamples(options: MultihopOptions): Example[] {
  const { count, seed, crossChunk, ...shape } = checkOptions(OPTIONS, options);
  const source = random(seed).fork("multihop");
  return Array.from({ length: count }, (_, index) => {
    const crosses = crossChunk === "both" ? index % 2 === 0 : crossChunk;
    return example(`multihop-${seed}-${index + 1}`, source.fork(String(index + 1)), shape, crosses);
  });
}

interface Fact {
  readonly relation: Relation;
  readonly value: string;
}

/** One person's two chunks; the first fact is in the first of them. */
interface Person {
  readonly name: string;
  readonly facts: readonly Fact[];
  readonly first: string[];
  readonly second: string[];
}

type Shape = Pick<z.infer<typeof OPTIONS>, "documents" | "fillers" | "contextTokens">;

function example(example_id: string, source: Random, shape: Shape, crosses: boolean): Example {
  const people = makePeople(source, countDocuments(shape));
  fill(people, source, shape);
  const person = pick(source, people);
  const fact = crosses ? pick(source, person.facts.slice(1)) : person.facts[0]!;
  return {
    example_id,
    dataset: "multihop",
    task: "question answering",
    passages: people.flatMap(({ first, second }) => [
      { title: null, text: chunk(first) },
      { title: null, text: chunk(source.shuffle(second)) },
    ]),
    input: `what ${person.name} ${fact.relation.asks} ?`,
    references: [fact.value],
  };
}

/** The most tokens one person's chunks have without fillers: `## f l was born in city .`, `## he owns a col ani . …`. */
const BARE_TOKENS = 21;

function countDocuments({ documents, fillers, contextTokens }: Shape): number {
  if (contextTokens === undefined) return documents ?? 3;
  if (fillers !== undefined)
    throw new OptionError("fillers", "can't be combined with contextTokens", fillers);
  const count = documents ?? Math.min(24, Math.max(3, Math.round(contextTokens / 128)));
  if (contextTokens >= BARE_TOKENS * count) return count;
  const rule = `must be at least ${BARE_TOKENS * count} for ${count} documents`;
  throw new OptionError("contextTokens", rule, contextTokens);
}

/** No two people of a context share a first or a last name. */
function makePeople(source: Random, count: number): Person[] {
  const firstNames = source.shuffle([...MALE, ...FEMALE]);
  const lastNames = source.shuffle(LAST);
  const relations = source.shuffle(RELATIONS).slice(0, 3);
  return Array.from({ length: count }, (_, index) => {
    const name = `${firstNames[index]} ${lastNames[index]}`;
    const pronoun = MALE.includes(firstNames[index]!) ? "he" : "she";
    const facts = source.shuffle(relations).map((relation) => ({
      relation,
      value: relation.value.map((words) => pick(source, words)).join(" "),
    }));
    const sentences = facts.map(
      ({ relation, value }, told) => `${told === 0 ? name : pronoun} ${relation.tells} ${value} .`,
    );
    return { name, facts, first: sentences.slice(0, 1), second: sentences.slice(1) };
  });
}

/** Adds fillers: to all second chunks, to all first chunks, to all second chunks, and so on until it is enough. */
function fill(people: readonly Person[], source: Random, { fillers = 1, contextTokens }: Shape): void {
  let tokens = people.flatMap(({ first, second }) => [chunk(first), chunk(second)]).reduce(addTokens, 0);
  for (let turn = 0; contextTokens !== undefined || turn <= 2 * fillers; turn++) {
    for (const { first, second } of people) {
      const sentence = fillerSentence(source);
      const longer = addTokens(tokens, sentence);
      if (contextTokens !== undefined && (tokens + longer) / 2 > contextTokens) return;
      (turn % 2 === 0 ? second : first).push(sentence);
      tokens = longer;
    }
  }
}

const addTokens = (tokens: number, text: string): number => tokens + text.split(" ").length;

const chunk = (sentences: readonly string[]): string => ["##", ...sentences].join(" ");

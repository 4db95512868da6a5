import { fileURLToPath } from "node:url";
import { z } from "zod";
import { readWhole } from "../../disk/open-file.js";
import { OptionError } from "../../domain/errors/errors.js";
import { checkOptions, MOST_CONTEXT_TOKENS, MOST_REPEATED } from "../../domain/errors/options.js";
import { smallest } from "../../domain/extremes.js";
import type { Example, Passage } from "../../domain/records/example.js";
import { type Random, random } from "../../stats/random.js";

/** Options for what is hidden, how deep, and in how much text. */
export interface NeedleShape {
  /** Lengths of the contexts in tokens, at four characters a token; default 1000, 2000 and 4000. */
  readonly contextTokens?: readonly number[];
  /** Position of the needle asked for, in percent of the text; default 0, 25, 50, 75 and 100. */
  readonly depths?: readonly number[];
  /** Needles in a context, from 1 (the default) to 32; one is asked for, the others are at random positions. */
  readonly needles?: number;
}

export interface NeedleOptions extends NeedleShape {
  readonly count: number;
  readonly seed?: number | string;
}

const numbers = (least: number, most: number) => {
  const rule = `must be a list of numbers from ${least} to ${most}`;
  return z.array(z.number(rule).min(least, rule).max(most, rule), rule).min(1, rule);
};
const OPTIONS = z.strictObject({
  count: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(MOST_REPEATED, `must be at most ${MOST_REPEATED}`),
  seed: z.union([z.number(), z.string()]).default(0),
  contextTokens: numbers(200, MOST_CONTEXT_TOKENS).default([1_000, 2_000, 4_000]),
  depths: numbers(0, 100).default([0, 25, 50, 75, 100]),
  needles: z
    .int("must be a whole number")
    .min(1, "must be from 1 to 32")
    .max(32, "must be from 1 to 32")
    .default(1),
});

const CHARACTERS_PER_TOKEN = 4;
/** CacheBlend's size of a chunk. */
const CHUNK_TOKENS = 512;

/** The bundled document. */
export const haystack = (): string =>
  readWhole(fileURLToPath(new URL("../../../datasets/ffmpeg.txt", import.meta.url))).toString("utf8");

/**
 * Questions for a number that occurs once in a long text about something else: "The access code of the Tarrow archive is
 * 4821703."
 *
 * Lengths and depths alternate; example `i` depends only on the seed, `i` and the shape. Each begins at a different line of
 * the text, which repeats after its end, so that no context is a prefix of another. Needles are placed between two lines, and
 * the text is cut into chunks of about 512 tokens between lines.
 *
 * Source of the kind: Kamradt 2023, github.com/gkamradt/LLMTest_NeedleInAHaystack; several needles: Hsieh et al. 2024, RULER, "MK-NIAH".
 *
 * @throws OptionError
 * @example needleExamples({ count: 1, seed: 7 }, haystack())[0].input // "What is the access code of the … archive?"
 */
export function needleExamples(options: NeedleOptions, text: string): Example[] {
  const { count, seed, contextTokens, depths, needles } = checkOptions(OPTIONS, options);
  if (needles * NEEDLE_CHARACTERS > (smallest(contextTokens) * CHARACTERS_PER_TOKEN) / 2) {
    throw new OptionError("needles", "must be fewer: they would fill the shortest context", needles);
  }
  const lines = text.split("\n");
  const source = random(seed).fork("needle");
  return Array.from({ length: count }, (_, index) => {
    const tokens = contextTokens[index % contextTokens.length]!;
    const depth = depths[Math.floor(index / contextTokens.length) % depths.length]!;
    return example(`needle-${tokens}-${depth}-${seed}-${index + 1}`, source.fork(String(index + 1)), lines, {
      characters: tokens * CHARACTERS_PER_TOKEN,
      depth,
      needles,
    });
  });
}

/** About as long as a needle is. */
const NEEDLE_CHARACTERS = 60;

function example(
  example_id: string,
  source: Random,
  text: readonly string[],
  { characters, depth, needles }: { characters: number; depth: number; needles: number },
): Example {
  const archives = source.shuffle(ARCHIVES).slice(0, needles);
  const codes = distinctCodes(source, needles);
  const hidden = archives.map(
    (archive, index) => `The access code of the ${archive} archive is ${codes[index]!}.`,
  );
  const lines = linesFrom(text, source.int(text.length), characters - hidden.join("\n").length);
  const places = hidden.map((_, index) =>
    index === 0 ? placeAt(lines, depth) : source.int(lines.length + 1),
  );
  const hiddenAt = (at: number) => hidden.filter((_, index) => places[index] === at);
  const filled = [...lines.flatMap((line, at) => [...hiddenAt(at), line]), ...hiddenAt(lines.length)];
  return {
    example_id,
    dataset: "needle",
    task: "needle",
    passages: chunked(filled),
    input: `What is the access code of the ${archives[0]!} archive?`,
    references: [codes[0]!],
  };
}

/** Whole lines with this many characters, starting at a given line, and from the beginning again after the last. */
function linesFrom(text: readonly string[], start: number, characters: number): string[] {
  const lines: string[] = [];
  for (let length = 0, at = start; length < characters; at++) {
    const line = text[at % text.length]!;
    lines.push(line);
    length += line.length + 1;
  }
  return lines;
}

/** The line before which a needle of that depth is placed, by characters. */
function placeAt(lines: readonly string[], depth: number): number {
  const all = lines.reduce((sum, line) => sum + line.length + 1, 0);
  let before = 0;
  for (const [at, line] of lines.entries()) {
    if (before >= (all * depth) / 100) return at;
    before += line.length + 1;
  }
  return lines.length;
}

function chunked(lines: readonly string[]): Passage[] {
  const chunks: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    if (length + line.length > CHUNK_TOKENS * CHARACTERS_PER_TOKEN) {
      chunks.push([]);
      length = 0;
    }
    chunks.at(-1)!.push(line);
    length += line.length + 1;
  }
  return chunks
    .map((chunk) => ({ title: null, text: chunk.join("\n").trim() }))
    .filter(({ text }) => text !== "");
}

function distinctCodes(source: Random, count: number): string[] {
  const codes = new Set<string>();
  while (codes.size < count) codes.add(String(1_000_000 + source.int(9_000_000)));
  return [...codes];
}

/** Invented places, 32 of them. */
const ARCHIVES =
  "Tarrow Ostrey Dunmarrow Vessel Quillan Marenko Lirr Aune Pellwick Harrowgate Fenmoor Castellan Brindle Corvane Eldmere Saltby Thornlea Wexcombe Yarrowdale Amberley Belcastle Drumlin Foxholt Greyfen Inverlass Kelmarsh Lowbeck Mossgill Norwend Oakhampton Ravensby Stonecroft".split(
    " ",
  );

import type { TokenBudget } from "../domain/records/token-count.js";
import type { Random } from "../stats/random.js";
import { fillerWords } from "./filler.js";

/** A text and its tokens where it stands. */
export interface Piece {
  readonly text: string;
  readonly tokens: number;
}

/** What a paragraph stands behind where it is counted: every other one ends alike. Twelve characters, three tokens of an estimate. */
const BEFORE = "Go before.\n\n";
const END = ".\n\n";
/** Fewer tokens than these are words without an end. */
const SHORT = 8;
/** Each is nearer than the last: a text of words is a few tokens off at the second. */
const ROUNDS = 8;
/** Parts of words that are tried where whole ones don't fit: a vocabulary has some of one token, some of two. */
const MOST_PARTS = 64;
const LONGEST_PART = 8;
/** Words are drawn so many times where none of their parts fit. */
const DRAWS = 6;

/**
 * A paragraph of exactly `tokens` tokens where the counter is exact, or else the closest found below: words that begin with
 * a capital and end with `end`.
 *
 * Paragraphs joined to one text have as many tokens as they have separately, because no token crosses from one to the next.
 * Each is counted by itself, so a thousand of them cost no more than their own length.
 */
export async function paragraph(
  random: Random,
  budget: TokenBudget,
  tokens: number,
  end: string = END,
): Promise<Piece> {
  let best: Piece = { text: "", tokens: 0 };
  for (let draw = 1; draw <= DRAWS && best.tokens < tokens; draw++) {
    const found = await nearest(random, budget, tokens, tokens < SHORT ? "" : end);
    if (found.tokens > best.tokens) best = found;
  }
  return best;
}

/** The nearest text below a length that words drawn once, and parts of them, give. */
async function nearest(random: Random, budget: TokenBudget, tokens: number, end: string): Promise<Piece> {
  const before = await budget.count(BEFORE);
  let best = { body: "", text: "", tokens: 0 };
  /** How many tokens a text lacks; kept where it is the nearest by now. */
  const lacks = async (words: string): Promise<number> => {
    const body = words.replace(/\W+$/, "");
    const text = body + end;
    const counted = (await budget.count(BEFORE + text)) - before;
    if (counted <= tokens && counted > best.tokens) best = { body, text, tokens: counted };
    return tokens - counted;
  };

  const words = fillerWords(random, tokens + SHORT).split(" ");
  const tried = new Set<number>();
  // Nearly all words have one token each.
  for (let count = Math.max(1, tokens - 2); !tried.has(count) && tried.size < ROUNDS; ) {
    tried.add(count);
    while (words.length < count) for (const word of fillerWords(random, count).split(" ")) words.push(word);
    const missing = await lacks(words.slice(0, count).join(" "));
    if (missing === 0) return best;
    const perWord = Math.max(1, (tokens - missing) / count);
    count = Math.max(1, count + (Math.trunc(missing / perWord) || Math.sign(missing)));
  }
  // If words have several tokens: the nearest text, followed by a part of a word.
  for (let tries = 0; tries < MOST_PARTS; tries++) {
    const word = words[random.int(words.length)]!.toLowerCase();
    const part = word.slice(0, 1 + (Math.floor(tries / 2) % LONGEST_PART));
    if ((await lacks(`${best.body}${tries % 2 === 0 ? "" : " "}${part}`)) === 0) break;
  }
  return best;
}

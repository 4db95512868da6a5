import { type ChunkedPrompt, wholePrompt } from "../domain/records/chunked-prompt.js";
import type { TokenBudget } from "../domain/records/token-count.js";
import type { Random } from "../stats/random.js";
import { filler, fillerWords } from "./filler.js";

const QUESTION = "Question: What do these passages have in common?\nAnswer:";
const OPENING_WORDS = 8;
/** Each step removes at least one token from a piece, but sometimes none from the whole, because tokens join at seams. */
const ATTEMPTS = 32;

/**
 * A synthetic prompt of exactly `tokens` tokens if the counter is exact, counted as a whole, as it is sent: an opening,
 * `chunks` chunks of nearly equal length, and a question. If no text fits exactly, the closest shorter one.
 *
 * Its opening and its chunks are new texts for every `random` stream, so no cache can contain a part of it in advance.
 */
export async function chunkedFiller(
  random: Random,
  budget: TokenBudget,
  { tokens, chunks }: { readonly tokens: number; readonly chunks: number },
): Promise<ChunkedPrompt> {
  const prefix = `${fillerWords(random.fork("opening"), OPENING_WORDS)}\n\n`;
  const left = async (prompt: ChunkedPrompt) => tokens - (await budget.count(wholePrompt(prompt)));
  const build = async (sum: number): Promise<ChunkedPrompt> => {
    const texts: string[] = [];
    for (let index = 1; index <= chunks; index++) {
      const length = Math.max(1, Math.floor((sum + index - 1) / chunks));
      texts.push(`${await filler(random.fork(`chunk ${index}`), budget, length)}\n\n`);
    }
    return { prefix, chunks: texts, question: QUESTION };
  };

  let sum = tokens - (await budget.count(prefix + QUESTION));
  let prompt = await build(sum);
  let lacks = await left(prompt);
  // The text between the chunks has tokens too.
  for (let attempt = 1; attempt < ATTEMPTS && lacks < 0 && sum > chunks; attempt++) {
    sum += lacks;
    prompt = await build(sum);
    lacks = await left(prompt);
  }
  // Words within a sentence do not change the tokens at the seams, so a few of them fill the rest.
  const words = fillerWords(random.fork("padding"), Math.max(0, lacks)).toLowerCase().split(/\W+/);
  for (let count = lacks; count > 0; count--) {
    const padded = withWords(prompt, words.slice(0, count));
    if ((await left(padded)) >= 0) return padded;
  }
  return prompt;
}

/** The last chunk with these words after its first one. */
function withWords({ prefix, chunks, question }: ChunkedPrompt, words: readonly string[]): ChunkedPrompt {
  const last = chunks.at(-1)!.replace(" ", ` ${words.join(" ")} `);
  return { prefix, chunks: [...chunks.slice(0, -1), last], question };
}

import { FirstTokenError } from "../domain/errors/errors.js";
import type { TokenBudget } from "../domain/records/token-count.js";
import type { Random } from "../stats/random.js";

/** Common English words: one token each in most vocabularies, so a filler's length is close from the start. */
const WORDS =
  `about above across after again air all almost along also always among animal answer any area around
ask away back bank base bath bear began behind below between bird black blue board boat body book both bottom box
bread bridge bright bring brother build building busy call care carry case catch center century certain chair change
child city clear close cloud coast cold color common corner cost country course cover cross dark daily deep desk
different direct door down draw dream dress drink drive each early earth east edge empty enough even evening ever
every example eye face fact family far farm fast father field fill final find fine fire first fish floor follow food
foot force forest form found four free fresh friend front full garden gave general give glass gold good grass great
green ground group grow half hand happy hard head hear heart heavy held help here high hill history hold home horse
hour house hundred idea inside island join jump just keep kind king kitchen knew land language large last late laugh
lead learn leave left letter level life light line list listen little long look low machine main make many map mark
market matter measure meet middle might mile milk mind minute month moon more morning most mother mountain move music
name near need never new next night north note notice number ocean often old once open orange order other outside
over page paint paper part pass past path people perhaps person picture piece place plain plan plant play point power
present price public pull question quick quiet rain raise reach read ready real reason record red rest rich ride right
river road rock room round rule run sail salt same sand school sea season seat second seed seven shape share ship shop
short show side sign silver simple single sister size sleep slow small smile snow soft some song soon sound south
space speak spring square stand star start stay step still stone stop store story street strong study summer sun
sure table take talk tall teach ten thing think third thousand three through time today together top touch toward
town travel tree true turn under until upper valley very view village visit voice wait walk wall want warm watch
water wave week west wheel white whole wide wild wind window winter wish wonder wood word work world write year
yellow young`.split(/\s+/);

/** Draws `count` words into sentences of eight, capitalised and closed with a full stop. */
export function fillerWords(random: Random, count: number): string {
  const words = Array.from({ length: count }, (_, index) => {
    const word = WORDS[random.int(WORDS.length)]!;
    const begins = index % 8 === 0;
    const ends = index % 8 === 7 || index === count - 1;
    return (begins ? word[0]!.toUpperCase() + word.slice(1) : word) + (ends ? "." : "");
  });
  return words.join(" ");
}

/** Words of a filler have about five characters with their space, and none has fewer than four. */
const LEAST_WORD_CHARACTERS = 4;

/** A filler of so many characters. */
export const fillerText = (random: Random, characters: number): string =>
  fillerWords(random, Math.ceil(characters / LEAST_WORD_CHARACTERS)).slice(0, characters);

/** No vocabulary has tokens of so many words; who counts fewer counts something else. */
const MOST_WORDS_A_TOKEN = 8;
/** The second text is made by what the first has shown, and the third by the second: more show that the counts don't grow. */
const MOST_TRIES = 10;

/**
 * Synthetic text of exactly `tokens` tokens where the counter can cut exactly, and never more.
 *
 * Texts of different `random` streams differ from their first words on, so no cache can hold a prefix of them.
 *
 * @throws FirstTokenError where the counts can't be those of such a text.
 */
export async function filler(random: Random, budget: TokenBudget, tokens: number): Promise<string> {
  let words = tokens;
  let text = fillerWords(random, words);
  for (let tried = 1; ; tried++) {
    const count = await budget.count(text);
    if (count >= tokens) return budget.truncate(text, tokens);
    if (count * MOST_WORDS_A_TOKEN < words || tried === MOST_TRIES) throw notCounted(words, count);
    // A filler word is rarely less than one token, so a short text is short by the ratio of the two.
    const more = Math.ceil((tokens - count) * (words / count) * 1.2) + 8;
    text += ` ${fillerWords(random, more)}`;
    words += more;
  }
}

const notCounted = (words: number, tokens: number): FirstTokenError =>
  new FirstTokenError(
    `A text of ${words} words was counted as ${tokens} tokens, which is impossible: name the model's own tokenizer.json ` +
      "(--tokenizer, tokenizer), or fix the server's /tokenize.",
  );

const HEX = "0123456789abcdef";

/**
 * A line of sixteen random hexadecimal digits and a blank one: a text that begins with it differs from every other from
 * its first token on, and asks the same.
 *
 * @example nonceLine(random("a")) // "7d3c…\n\n"
 */
export const nonceLine = (random: Random): string =>
  `${Array.from({ length: 16 }, () => HEX[random.int(HEX.length)]).join("")}\n\n`;

const PIECE_CHARACTERS = 200;

/**
 * About `characters` characters of a text: pieces from random places of it, so that it has the text's own words and no
 * part of it long enough to be found again in a cache.
 */
export function sampleText(random: Random, text: string, characters: number): string {
  const pieces: string[] = [];
  for (let length = 0; length < characters; length += PIECE_CHARACTERS) {
    const begin = random.int(Math.max(1, text.length - PIECE_CHARACTERS));
    // Half a surrogate pair is not a character.
    const piece = text
      .slice(begin, begin + PIECE_CHARACTERS)
      .replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
    // From space to space, if there are any: half a word has different tokens.
    pieces.push(/^\S*\s(.*)\s\S*$/s.exec(piece)?.[1] ?? piece);
  }
  return pieces.join(" ");
}

/*
 * The one rule for which characters are shown. A text from a server, a dataset, a log or a label may contain characters that
 * repaint a terminal, reverse the text around them, or can't be seen; wherever it is shown, they are removed.
 */

/** Characters that break a line, move the cursor or begin a terminal command: C0, DEL, C1, line and paragraph separators. */
const CONTROL = "\\p{Cc}\\p{Zl}\\p{Zp}";
/** Invisible characters: zero-width and bidirectional marks, joiners, tags, variation selectors, annotations. */
const INVISIBLE = "\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb";
/** Not characters: half a surrogate pair, and code points that XML and UTF-8 don't allow. */
const NO_CHARACTER = "\\p{Cs}\\p{Noncharacter_Code_Point}";

/** Everything that is removed, as a character class for a pattern with the flag `u`. */
export const NOT_SHOWN = CONTROL + INVISIBLE + NO_CHARACTER;

const CONTROLS = new RegExp(`[${CONTROL}]+`, "gu");
const CONTROLS_WITHIN_LINES = new RegExp(`(?![\\t\\n])[${CONTROL}]`, "gu");
const UNSEEN = new RegExp(`[${INVISIBLE}]+`, "gu");
const BROKEN = new RegExp(`[${NO_CHARACTER}]`, "gu");

/** Most texts are letters, digits and marks of ASCII, and need no further check. */
const IS_PLAIN = /^[\x20-\x7e]*$/;

/**
 * A text on one line, without characters that act or can't be seen: controls become a space, half characters U+FFFD.
 *
 * @example plainLine("a\u001b]0;x\u0007b\u202ec") // "a ]0;x bc"
 */
export function plainLine(text: string): string {
  if (IS_PLAIN.test(text)) return text;
  return text.replace(CONTROLS, " ").replace(UNSEEN, "").replace(BROKEN, "\ufffd");
}

/** The same for a text of several lines: tabs and line feeds stay. */
export function plainText(text: string): string {
  if (IS_PLAIN.test(text)) return text;
  return text
    .replace(/\r\n/g, "\n")
    .replace(CONTROLS_WITHIN_LINES, "")
    .replace(UNSEEN, "")
    .replace(BROKEN, "\ufffd");
}

/** The same for a text with parts of our own, matched by a pattern's only group, which are not changed. */
export function plainTextAround(own: RegExp, text: string): string {
  return text
    .split(own)
    .map((part, index) => (index % 2 === 1 ? part : plainText(part)))
    .join("");
}

/** A word that is shown as it is, such as most reasons for an answer's end. */
const IS_WORD = /^[!-~]{1,64}$/;

/** The maximum number of characters of an untrusted text in a sentence or a record, except for the model's own answer. */
export const MOST_TOLD = 300;

/**
 * An untrusted text as shown: one line of at most 300 characters. Secrets must be removed before, so that none is cut in two.
 *
 * @example toldLine("too\n  long") // "too long"
 */
export function toldLine(text: string): string {
  if (IS_WORD.test(text)) return text;
  // Spaces and characters that are not shown may make up most of a text.
  const line = plainLine(text.slice(0, 16 * MOST_TOLD))
    .replace(/\s+/g, " ")
    .trim();
  const characters = [...line];
  if (characters.length > MOST_TOLD) return `${characters.slice(0, MOST_TOLD - 1).join("")}…`;
  return text.length > 16 * MOST_TOLD ? `${line}…` : line;
}

import { NOT_SHOWN } from "../plain-text.js";

/** One character that is escaped for JSON, a URL or HTML, as a pattern; escapes may be escaped in turn. */
const ESCAPE = [
  "(?<!\\\\)\\\\+u(?<unicode>[0-9a-f]{4})",
  "(?<!\\\\)\\\\+x(?<byte>[0-9a-f]{2})",
  "%(?:25)*(?<percent>[0-9a-f]{2})",
  "&(?:amp;)*(?:#(?:x0*(?<hex>[0-9a-f]{1,6})|0*(?<decimal>[0-9]{1,7}))|(?<name>amp|lt|gt|quot|apos));",
].join("|");

/** A line end and the like, escaped. */
const LINE_END_ESCAPE = "(?<!\\\\)\\\\+[bfnrt]";

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The character of an escape, by the groups of its match; empty if there is none. */
function characterOf({
  unicode,
  byte,
  percent,
  hex,
  decimal,
  name,
}: Readonly<Record<string, string | undefined>>): string {
  const digits = unicode ?? byte ?? percent ?? hex;
  if (digits !== undefined) return character(Number.parseInt(digits, 16));
  if (decimal !== undefined) return character(Number(decimal));
  return name === undefined ? "" : NAMED[name.toLowerCase()]!;
}

const character = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "");

/** A text with something undone, and the positions of its characters in the original. */
export interface TextView {
  readonly text: string;
  /** White space is left out, and with it word boundaries. */
  readonly isSpaceless: boolean;
  placeOf(start: number, end: number): readonly [start: number, end: number];
}

/** Characters that are not shown, and terminal commands, whose first character may already be missing. */
const HIDDEN = `\\u001b\\[[0-?]*[ -\\/]*[@-~]|\\[[0-9;]+m|[${NOT_SHOWN}]`;
/**
 * Text that stands for one character, or for none. Escapes may themselves be escaped. Runs of spaces and backslashes are
 * matched only from their beginning; otherwise a long one would be read once for each of its characters.
 */
const WRITTEN_OTHERWISE = new RegExp(
  [
    `(?:(?<! ) +)?(?:${HIDDEN}|${LINE_END_ESCAPE})(?:${HIDDEN}|${LINE_END_ESCAPE}| )*`,
    ESCAPE,
    "(?<!\\\\)\\\\+",
  ].join("|"),
  "giu",
);

const SPACES = /\s+/g;

/** JSON in JSON in a URL is as deep as it gets. */
const DEEPEST = 3;

/**
 * The original text; the text with escapes undone and hidden characters left out, repeatedly; and that without spaces, which
 * others replace by line ends.
 */
export function viewsOf(text: string): readonly TextView[] {
  const views: TextView[] = [{ text, isSpaceless: false, placeOf: (start, end) => [start, end] }];
  for (let depth = 0; depth < DEEPEST; depth++) {
    const next = undone(views.at(-1)!, WRITTEN_OTHERWISE);
    if (next === null) break;
    views.push(next);
  }
  const spaceless = undone(views.at(-1)!, SPACES);
  return spaceless === null ? views : [...views, { ...spaceless, isSpaceless: true }];
}

/** The view of a view; null if there is nothing to undo. */
function undone(view: TextView, pattern: RegExp): TextView | null {
  const parts: string[] = [];
  /** For each replaced piece: its position in the view, and in the original. */
  const pieces: {
    readonly at: number;
    readonly length: number;
    readonly start: number;
    readonly end: number;
  }[] = [];
  let length = 0;
  let done = 0;
  const add = (part: string): void => {
    parts.push(part);
    length += part.length;
  };
  for (const match of view.text.matchAll(pattern)) {
    const [written] = match;
    const read = characterOf(match.groups ?? {});
    if (read === written) continue;
    const start = match.index;
    add(view.text.slice(done, start));
    done = start + written.length;
    pieces.push({ at: length, length: read.length, start, end: done });
    add(read);
  }
  if (pieces.length === 0) return null;
  add(view.text.slice(done));

  /** The last piece that begins at or before a position. */
  const pieceBefore = (place: number) => {
    let [low, high] = [0, pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pieces[middle]!.at <= place) low = middle + 1;
      else high = middle;
    }
    return pieces[low - 1];
  };
  /** The character at a position. */
  const characterAt = (place: number): readonly [number, number] => {
    const piece = pieceBefore(place);
    if (piece === undefined) return [place, place + 1];
    if (place < piece.at + piece.length) return [piece.start, piece.end];
    const start = piece.end + (place - piece.at - piece.length);
    return [start, start + 1];
  };
  return {
    text: parts.join(""),
    isSpaceless: false,
    placeOf: (start, end) => view.placeOf(characterAt(start)[0], characterAt(end - 1)[1]),
  };
}

const LEFT_OUT = new RegExp(`\\[[0-9;]+m|[\\s\\\\${NOT_SHOWN}]+`, "gu");
const ESCAPES = new RegExp(ESCAPE, "gi");
const LINE_END_ESCAPES = new RegExp(LINE_END_ESCAPE, "gi");

/** A text without white space, backslashes and hidden characters. */
export const squeezed = (text: string): string => text.replace(LEFT_OUT, "");

/**
 * A text and its views, squeezed. They keep no positions and so take a fraction of the time to make: enough to see that most
 * texts contain nothing to be found.
 */
export function squeezedViews(text: string): readonly string[] {
  const views = [squeezed(text)];
  let read = text;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const next = read.replace(ESCAPES, (...match) => characterOf(match.at(-1))).replace(LINE_END_ESCAPES, "");
    if (next === read) break;
    read = next;
    views.push(squeezed(read));
  }
  return views;
}

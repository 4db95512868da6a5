import { NOT_SHOWN } from "../plain-text.js";
import { characterOf, ESCAPE, LINE_END_ESCAPE } from "./escapes.js";

/** A text as it reads once something is undone, and where its characters stand in the text as it is. */
export interface TextView {
  readonly text: string;
  /** White space is left out, and with it the ends of words. */
  readonly isSpaceless: boolean;
  placeOf(start: number, end: number): readonly [start: number, end: number];
}

/** What is not shown, and a terminal's commands, whose first character may be gone already. */
const HIDDEN = `\\u001b\\[[0-?]*[ -\\/]*[@-~]|\\[[0-9;]+m|[${NOT_SHOWN}]`;
/**
 * What stands for one character, or for none. Escapes may be escaped in turn. Runs of spaces and backslashes are looked at
 * from their beginning only, or a long one would be read once for each of its characters.
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

/** JSON in JSON in a URL is as deep as anybody goes. */
export const DEEPEST = 3;

/**
 * A text as it is; as it reads with its escapes undone and what is not shown left out, as often as there is any; and that
 * without its spaces, for which others put line ends.
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

/** The view of a view; null where there is nothing to undo. */
function undone(view: TextView, pattern: RegExp): TextView | null {
  const parts: string[] = [];
  /** Of each piece that reads otherwise: where it is read, and where it stands. */
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

  /** The last piece that begins at or before a place. */
  const pieceBefore = (place: number) => {
    let [low, high] = [0, pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pieces[middle]!.at <= place) low = middle + 1;
      else high = middle;
    }
    return pieces[low - 1];
  };
  /** The character at a place. */
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

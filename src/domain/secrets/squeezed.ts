import { NOT_SHOWN } from "../plain-text.js";
import { characterOf, ESCAPE, LINE_END_ESCAPE } from "./escapes.js";
import { DEEPEST } from "./text-views.js";

const LEFT_OUT = new RegExp(`\\[[0-9;]+m|[\\s\\\\${NOT_SHOWN}]+`, "gu");
const ESCAPES = new RegExp(ESCAPE, "gi");
const LINE_END_ESCAPES = new RegExp(LINE_END_ESCAPE, "gi");

/** A text without white space, backslashes and what is not shown. */
export const squeezed = (text: string): string => text.replace(LEFT_OUT, "");

/**
 * A text and its views, squeezed. They don't lead back to places in the text, and so take a fraction of the time to make: to
 * see of most texts that nothing is there to be found.
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

import { plainLine } from "../domain/plain-text.js";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that HTML and SVG show as it is, in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/**
 * A stranger's text as HTML may show it: on one line, and nothing in it that acts or can't be seen.
 *
 * @example htmlText("a<b>\u202ec") // "a&lt;b&gt;c"
 */
export const htmlText = (text: string): string => escapeHtml(plainLine(text));

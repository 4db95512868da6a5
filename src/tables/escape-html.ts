import { plainLine } from "../domain/plain-text.js";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text escaped for HTML and SVG, in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/**
 * An untrusted text for HTML: on one line, without characters that act or can't be seen.
 *
 * @example htmlText("a<b>\u202ec") // "a&lt;b&gt;c"
 */
export const htmlText = (text: string): string => escapeHtml(plainLine(text));

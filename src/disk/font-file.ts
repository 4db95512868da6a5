import { readFileSync } from "node:fs";

/** How files of one TrueType or OpenType font begin; a collection does not say which of its fonts is meant. */
const BEGINNINGS = ["\0\u0001\0\0", "true", "OTTO"];

/** The rule that a path breaks as a font's; null where it is one. */
export function whyNoFont(path: string): string | null {
  let beginning: string;
  try {
    beginning = readFileSync(path).subarray(0, 4).toString("latin1");
  } catch {
    return "must be a file that can be read";
  }
  return BEGINNINGS.includes(beginning)
    ? null
    : "must be a TrueType or OpenType file of one font (.ttf or .otf)";
}

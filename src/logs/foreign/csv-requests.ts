import type { JsonObject } from "../../domain/json.js";
import { loadLine, numberOf, objectOf, placeOf } from "./fields.js";
import type { ForeignLine, Located } from "./foreign-result.js";

/** A truth value as Python writes it. */
export const isTrue = (value: unknown): boolean => value === true || /^true$/i.test(String(value));

/** The requests of a CSV file as lines, in the order in which they began. */
export function csvLines(
  values: readonly Located[],
  /** The column of when they began; null in a file that is in that order and does not say. */
  begin: string | null,
  lineOf: (row: JsonObject, run_index: number) => JsonObject,
): ForeignLine[] {
  const at = (one: Located) =>
    (begin === null ? null : numberOf(objectOf(one.value)[begin])) ?? Number.MAX_VALUE;
  return [...values]
    .sort((a, b) => at(a) - at(b) || a.line - b.line)
    .map((one, index) => ({
      where: placeOf(one, 1),
      line: loadLine(lineOf(objectOf(one.value), index + 1)),
    }));
}

/** What such a file holds: requests alone. */
export const requestsAlone = (definition: string, lines: readonly ForeignLine[]) => ({
  version: null,
  definition,
  kind: "load" as const,
  lines,
  totals: [],
  leftOut: [],
});

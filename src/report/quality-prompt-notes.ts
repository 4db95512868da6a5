import { group } from "d3-array";
import type { QualityRecord } from "../domain/quality-record.js";
import { labelOf } from "./method-label.js";

const FORMAT_WORDS = {
  chat: "as a chat in the model's template",
  completions: "as a bare prompt",
} as const;

/** Sentences about what the examples were asked in: whose words, and in a chat or bare. None of logs that don't say. */
export function promptNotes(rows: readonly QualityRecord[]): string[] {
  const told = rows.filter(({ wording, format }) => wording != null || format != null);
  const kinds = [...group(told, howAsked)];
  if (kinds.length === 0) return [];
  if (kinds.length === 1 && told.length === rows.length) return [`Asked ${kinds[0]![0]}.`];
  const where = kinds.map(([how, own]) => `${how} (${[...new Set(own.map(nameOf))].join("; ")})`);
  const untold = told.length === rows.length ? "" : "; the others don't say";
  return [`Asked ${where.join(", and ")}${untold}: scores of different prompts are not comparable.`];
}

const nameOf = (row: QualityRecord): string => `${row.dataset}, ${labelOf(row)}`;

function howAsked({ wording, format }: QualityRecord): string {
  const words = wording == null ? "" : `in the wording ${wording}`;
  const how = format == null ? "" : FORMAT_WORDS[format];
  return [words, how].filter((part) => part !== "").join(", ");
}

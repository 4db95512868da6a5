import type { PromptFormat } from "../domain/chunked-prompt.js";
import type { DatasetName } from "../domain/example.js";
import type { QualityRecord } from "../domain/quality-record.js";
import { bad, count, keepUnknownKeys, missing, number, oneOf, requireObject, text } from "./fields.js";
import { METHOD_KEYS, methodFields } from "./method-fields.js";

/** The keys of a quality log in their order. */
export const QUALITY_KEYS = [
  "example_id",
  "dataset",
  "wording",
  "format",
  "concurrency",
  "metric",
  "score",
  "prediction",
  "references",
  "context_tokens",
  "context_cut_tokens",
  "left_out",
  "ttft_seconds",
  ...METHOD_KEYS,
] as const satisfies readonly (keyof QualityRecord)[];

const KNOWN: ReadonlySet<string> = new Set(QUALITY_KEYS);
const FORMATS: readonly PromptFormat[] = ["chat", "completions"];
const DATASETS: readonly DatasetName[] = ["2wikimqa", "musique", "samsum", "multinews", "multihop"];

/**
 * A quality record from one parsed line: known keys checked and in the order of `QUALITY_KEYS`, unknown keys after.
 *
 * @throws FirstTokenError naming the key, the rule and the value received.
 */
export function parseQualityRecord(value: unknown, labelOf = (own: string | null) => own): QualityRecord {
  requireObject(value);
  const line = value as { readonly [key in keyof QualityRecord]?: unknown };
  const score = number(line.score, "score");
  if (line.score === undefined) missing("score");
  if (score !== null && score > 1) throw bad("score", "must be null or from 0 to 1", score);
  const record = {
    example_id: text(line.example_id, "example_id") ?? missing("example_id"),
    dataset: oneOf(line.dataset, DATASETS, "dataset") ?? missing("dataset"),
    wording: text(line.wording, "wording"),
    format: oneOf(line.format, FORMATS, "format"),
    concurrency: count(line.concurrency, "concurrency"),
    metric: text(line.metric, "metric") ?? missing("metric"),
    score,
    prediction: text(line.prediction, "prediction"),
    references: texts(line.references),
    context_tokens: number(line.context_tokens, "context_tokens"),
    context_cut_tokens: number(line.context_cut_tokens, "context_cut_tokens"),
    left_out: trueOrFalse(line.left_out, "left_out"),
    ttft_seconds: number(line.ttft_seconds, "ttft_seconds"),
    ...methodFields(line, labelOf),
  } as QualityRecord;
  keepUnknownKeys(line, QUALITY_KEYS, KNOWN, record);
  return record;
}

function trueOrFalse(value: unknown, key: string): boolean | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  throw bad(key, "must be null, true or false", value);
}

function texts(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw bad("references", "must be a list of texts", value ?? null);
}

import { LogError } from "../domain/errors/errors.js";
import { firstRecord } from "./files/first-record.js";

/** What a log is about; the word of the API that reads it. */
export type RecordKind = "ttft" | "blend" | "quality" | "load" | "proxy";

/** The keys that each kind's records have and no other's: the first that fits is meant. */
const MARKS: readonly (readonly [RecordKind, readonly string[]])[] = [
  ["load", ["workload", "arrivals"]],
  ["quality", ["example_id", "score"]],
  ["proxy", ["target", "mode"]],
  ["blend", ["method", "run_index", "ttft_seconds"]],
  ["ttft", ["run_index", "context_tokens", "ttft_seconds"]],
];

/**
 * What a log is about, by the keys of its first record; null if it contains no JSON object at all.
 *
 * @throws LogError for a file that can't be read, or whose first record is not one of firsttoken's.
 */
export async function recordKindOf(path: string): Promise<RecordKind | null> {
  const record = await firstRecord(path);
  if (record === null) return null;
  const kind = kindOfRecord(record.value);
  if (kind !== null) return kind;
  const keys = Object.keys(record.value).slice(0, 8).join(", ");
  const kinds = MARKS.map(([name, marks]) => `a ${name} log has ${marks.join(", ")}`).join("; ");
  throw new LogError(
    `${path}, line ${record.line}: not a log of firsttoken: its record has the keys ${keys || "of an empty object"}; ${kinds}.`,
    { path, line: record.line },
  );
}

/** What a record is, by its keys; null for one that is not firsttoken's. */
export const kindOfRecord = (record: object): RecordKind | null =>
  MARKS.find(([, keys]) => keys.every((key) => key in record))?.[0] ?? null;

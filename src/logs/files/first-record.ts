import { isObject, parseJson } from "../../domain/json.js";
import { isParquet, visitParquet, withIsoStart } from "../duckdb/parquet.js";
import { visitLines } from "./jsonl.js";
import { type LogBytes, openBytes } from "./log-bytes.js";

/** The first JSON object of a log, before anything of it is checked. */
export interface FirstRecord {
  readonly value: object;
  readonly line: number;
}

/**
 * The first JSON object of a log, reading no further; null where there is none.
 *
 * @throws LogError for a log that can't be read.
 */
export async function firstRecord(path: string): Promise<FirstRecord | null> {
  return isParquet(path) ? firstOfParquet(path) : firstOfLines(openBytes(path));
}

async function firstOfParquet(path: string): Promise<FirstRecord | null> {
  const records: FirstRecord[] = [];
  let line = 0;
  await visitParquet(path, (text) => {
    line++;
    const value = objectOf(text);
    if (value === null) return undefined;
    records.push({ value: withIsoStart(value) as object, line });
    return "stop";
  });
  return records[0] ?? null;
}

function firstOfLines(bytes: LogBytes): FirstRecord | null {
  const found = Symbol("found");
  let record: FirstRecord | null = null;
  try {
    visitLines(bytes, (text, line) => {
      const value = objectOf(text);
      if (value === null) return;
      record = { value, line };
      throw found;
    });
  } catch (cause) {
    if (cause !== found) throw cause;
  } finally {
    bytes.close();
  }
  return record;
}

function objectOf(text: string | null): object | null {
  try {
    const value = parseJson(text ?? "null");
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

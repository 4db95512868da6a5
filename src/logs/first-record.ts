import { needsDuckDb, visitWithDuckDb, withIsoStart } from "./duckdb.js";
import { visitLines } from "./lines.js";

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
  return needsDuckDb(path) ? firstOfDuckDb(path) : firstOfLines(path);
}

async function firstOfDuckDb(path: string): Promise<FirstRecord | null> {
  const records: FirstRecord[] = [];
  let line = 0;
  await visitWithDuckDb(path, (text) => {
    line++;
    const value = objectOf(text);
    if (value === null) return undefined;
    records.push({ value: withIsoStart(value) as object, line });
    return "stop";
  });
  return records[0] ?? null;
}

function firstOfLines(path: string): FirstRecord | null {
  const found = Symbol("found");
  let record: FirstRecord | null = null;
  try {
    visitLines(path, (text, line) => {
      const value = objectOf(text);
      if (value === null) return;
      record = { value, line };
      throw found;
    });
  } catch (cause) {
    if (cause !== found) throw cause;
  }
  return record;
}

function objectOf(text: string | null): object | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

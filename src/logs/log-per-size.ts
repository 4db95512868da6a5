import { existsSync } from "node:fs";
import { join } from "node:path";
import { group } from "d3-array";
import { whyNotWritten } from "../disk/why-not-written.js";
import { writeWhole } from "../disk/write-whole.js";
import { LogError } from "../domain/errors.js";
import { jsonText } from "../domain/json.js";
import type { TtftRecord } from "../domain/ttft-record.js";
import { readJsonl } from "./jsonl.js";
import type { IfExists } from "./log-file.js";
import { parseTtftRecord } from "./ttft-lines.js";
import { requireWritable } from "./writable.js";

/**
 * Refuses a sweep whose files for each size would replace other records than those of its merged log, before it has asked
 * anything.
 *
 * @param sizes the context lengths it will measure.
 * @throws LogError
 */
export function requirePerSize(
  mergedLog: string,
  folder: string,
  sizes: readonly number[],
  fate: IfExists,
): void {
  const earlier = fate.resume === true ? recordsOf(mergedLog) : [];
  for (const size of new Set([...sizes, ...earlier.map(sizeOf)])) {
    const path = pathOf(folder, size);
    requireWritable(path, fate);
    if (fate.resume === true) requireOwn(path, mergedLog, earlier);
  }
}

/**
 * Splits a sweep's merged log into `ttft_<context>.jsonl` files beside it, one a context length, and returns
 * their paths; the merged log stays the one that is resumed.
 *
 * @throws LogError where such a file can't be written or, unless it may be overwritten, holds records of another log.
 */
export function logPerSize(mergedLog: string, folder: string, fate: IfExists): string[] {
  const records = recordsOf(mergedLog);
  return [...group(records, sizeOf)].map(([size, rows]) => {
    const path = pathOf(folder, size);
    if (fate.overwrite !== true) requireOwn(path, mergedLog, rows);
    try {
      writeWhole(path, rows.map((row) => `${jsonText(row)}\n`).join(""));
    } catch (cause) {
      const message = `Can't write ${path}: ${whyNotWritten(cause)}. All records are in ${mergedLog}.`;
      throw new LogError(message, { path, cause });
    }
    return path;
  });
}

const pathOf = (folder: string, size: number): string => join(folder, `ttft_${size}.jsonl`);
const sizeOf = (record: TtftRecord): number => record.context_target ?? record.context_tokens;

function recordsOf(log: string): TtftRecord[] {
  const records: TtftRecord[] = [];
  if (existsSync(log)) readJsonl(log, parseTtftRecord, (record) => records.push(record));
  return records;
}

/** Refuses a file that holds a record which the merged log does not. */
function requireOwn(path: string, mergedLog: string, records: readonly TtftRecord[]): void {
  const own = new Set(records.map((record) => JSON.stringify(record)));
  let isOwn = true;
  try {
    for (const record of recordsOf(path)) isOwn &&= own.has(JSON.stringify(record));
  } catch {
    isOwn = false;
  }
  if (isOwn) return;
  throw new LogError(
    `${path} holds other records than ${mergedLog}, from which it would be written: move it away, or choose another folder.`,
    { path },
  );
}

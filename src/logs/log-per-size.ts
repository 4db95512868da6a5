import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { group } from "d3-array";
import { whyNotWritten, writeWhole } from "../disk/written-file.js";
import { LogError } from "../domain/errors/errors.js";
import { jsonText } from "../domain/json.js";
import type { TtftRecord } from "../domain/records/record-kinds.js";
import { readJsonl } from "./files/jsonl.js";
import type { IfExists } from "./files/log-file.js";
import { copyManifest, manifestPath } from "./files/manifest.js";
import { placesBeside } from "./files/rescue.js";
import { requireLogWritable } from "./files/writable.js";
import { parseTtftRecord } from "./records/record-lines.js";

/**
 * Refuses a sweep, before it sends anything, if its files for each size can't be written, or if they exist and the sweep
 * neither resumes nor may overwrite.
 *
 * @param sizes the context lengths it will measure.
 * @throws LogError
 */
export function requirePerSize(folder: string, sizes: readonly number[], ifExists: IfExists): void {
  for (const size of sizes) requireLogWritable(pathOf(folder, size), ifExists);
}

/**
 * The files for each size with only records of a merged log: they are removed when a sweep of other sizes replaces it, so
 * that the folder does not mix two sweeps.
 */
export function perSizeFiles(mergedLog: string, folder: string): string[] {
  try {
    const records = recordsOf(mergedLog);
    return readdirSync(folder)
      .filter((name) => /^ttft_\d+\.jsonl$/.test(name))
      .map((name) => join(folder, name))
      .filter((path) => isOwn(path, records));
  } catch {
    // A missing folder has none, and for a log that can't be read it is unknown which are its own.
    return [];
  }
}

/**
 * Splits a sweep's merged log into `ttft_<context>.jsonl` files beside it, one per context length, each with the run's manifest,
 * and returns their paths; the merged log stays the one that is resumed.
 *
 * An existing file with a record of another log is kept under another name, unless it may be overwritten.
 *
 * @param replaced files of the sweep that this one replaces; those of other sizes are removed.
 * @param onNote called with what was kept in this way.
 * @throws LogError if such a file can't be written.
 */
export function logPerSize(
  mergedLog: string,
  folder: string,
  ifExists: IfExists,
  replaced: readonly string[],
  onNote: (note: string) => void,
): string[] {
  const written = [...group(recordsOf(mergedLog), sizeOf)].map(([size, rows]) => {
    const path = pathOf(folder, size);
    try {
      if (ifExists.overwrite !== true && !isOwn(path, rows)) {
        const kept = placesBeside(path).find((place) => !existsSync(place))!;
        renameSync(path, kept);
        if (existsSync(manifestPath(path))) renameSync(manifestPath(path), manifestPath(kept));
        onNote(`${path} held other records than ${mergedLog}, so it was renamed to ${kept}.`);
      }
      writeWhole(path, rows.map((row) => `${jsonText(row)}\n`).join(""));
      if (!copyManifest(mergedLog, path)) rmSync(manifestPath(path), { force: true });
    } catch (cause) {
      const message = `Can't write ${path}: ${whyNotWritten(cause)}. All records are in ${mergedLog}.`;
      throw new LogError(message, { path, cause });
    }
    return path;
  });
  for (const path of replaced.filter((old) => !written.includes(old))) {
    for (const file of [path, manifestPath(path)]) rmSync(file, { force: true });
    onNote(`${path} was removed: it held a part of the sweep that was replaced.`);
  }
  return written;
}

const pathOf = (folder: string, size: number): string => join(folder, `ttft_${size}.jsonl`);
const sizeOf = (record: TtftRecord): number => record.context_target ?? record.context_tokens;

function recordsOf(log: string): TtftRecord[] {
  const records: TtftRecord[] = [];
  if (existsSync(log)) readJsonl(log, parseTtftRecord, (record) => records.push(record));
  return records;
}

/** Whether a file contains only records of the merged log. */
function isOwn(path: string, records: readonly TtftRecord[]): boolean {
  const own = new Set(records.map((record) => JSON.stringify(record)));
  try {
    return recordsOf(path).every((record) => own.has(JSON.stringify(record)));
  } catch {
    return false;
  }
}

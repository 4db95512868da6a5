import { closeSync, openSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { makeFolder, whyNotWritten } from "../../disk/written-file.js";
import { LogError } from "../../domain/errors/errors.js";
import { linesOf, type Meddling } from "./log-file.js";

/**
 * Writes what was measured where nothing is in its way, when others have deleted or changed the log of a run under it; gives
 * the error that ends the run and says where that is.
 *
 * @param writeManifest writes the manifest of the run beside a log.
 */
export function rescue(
  path: string,
  { isGone, how }: Meddling,
  records: readonly unknown[],
  writeManifest: (path: string) => void,
): LogError {
  const what = `${path} ${how} while a run was writing to it, so the run was stopped.`;
  const recordsAre = records.length === 1 ? "Its 1 record is" : `Its ${records.length} records are`;
  const elsewhere = join(tmpdir(), basename(path));
  let cause: unknown;
  for (const place of [...(isGone ? [path] : []), ...placesBeside(path), ...placesBeside(elsewhere)]) {
    try {
      writeNew(place, records);
    } catch (error) {
      cause = error;
      continue;
    }
    try {
      writeManifest(place);
    } catch {
      // The records are what matters.
    }
    const next =
      place === path
        ? `${recordsAre} in it again; continue with --resume (resume: true).`
        : `${recordsAre} kept in ${place}.`;
    return new LogError(`${what} ${next}`, { path });
  }
  return new LogError(
    `${what} ${recordsAre} lost: nothing else could be written (${whyNotWritten(cause)}).`,
    {
      path,
      cause,
    },
  );
}

/** Where what others would have lost is kept. */
export const placesBeside = (path: string): string[] =>
  Array.from({ length: MOST_KEPT }, (_, index) => `${path}.kept${index === 0 ? "" : index + 1}`);

const MOST_KEPT = 9;

/** Writes a log where nothing is yet. */
function writeNew(path: string, records: readonly unknown[]): void {
  makeFolder(dirname(path));
  const file = openSync(path, "wx");
  try {
    for (const lines of linesOf(records)) {
      for (let written = 0; written < lines.length; ) written += writeSync(file, lines, written);
    }
  } finally {
    closeSync(file);
  }
}

import type { LogOrigin } from "../domain/records/log-origin.js";
import type { KnownLines } from "./files/jsonl.js";
import type { LabelledFile } from "./files/sources.js";
import { fileOrigin } from "./log-origin.js";
import type { KeysSeen } from "./mixed-schemas.js";
import { scannerOf } from "./records/line-scanner.js";
import type { Draft, RecordParser } from "./records/record-parser.js";

/** The lines of one file that look like earlier ones, as rows with their origin: those that parsing them would give. */
export function knownLines<R>(
  file: LabelledFile,
  { columns, finish }: RecordParser<R>,
  seen: KeysSeen,
  take: (row: R & LogOrigin) => void,
): KnownLines {
  const scanner = scannerOf(columns);
  const origin = fileOrigin(file);
  let keys: readonly string[] | null = null;
  return {
    take(bytes, at) {
      const next = scanner.scan(bytes, at, origin);
      if (next === 0) return 0;
      const row = scanner.row as R & LogOrigin;
      try {
        finish(row as Draft<R>);
      } catch {
        // Parsing the line says why.
        return 0;
      }
      if (scanner.keys !== keys) {
        keys = scanner.keys;
        seen.add(Object.fromEntries(keys.map((key) => [key, null])));
      }
      take(row);
      return next;
    },
    learn: (line) => scanner.learn(line),
  };
}

import { ORIGIN_KEYS } from "../domain/records/log-origin.js";
import type { LogProblem } from "./files/problem.js";

/** What an earlier reading added, as a converted log has it: no log lacks that. */
const ADDED: ReadonlySet<string> = new Set(ORIGIN_KEYS);

/** The keys of a file's lines, gathered while it is read. */
export interface KeysSeen {
  readonly keys: ReadonlySet<string>;
  add(line: object): void;
}

/** Gathers keys, those of older logs by their names of today. */
export function keysSeen(older: ReadonlyMap<string, string>): KeysSeen {
  const keys = new Set<string>();
  let before: readonly string[] = [];
  return {
    keys,
    add(line) {
      const own = Object.keys(line);
      if (own.length === before.length && own.every((key, place) => key === before[place])) return;
      before = own;
      for (const key of own) keys.add(older.get(key) ?? key);
    },
  };
}

/**
 * How the schemas of files differ: for each file the keys that others have and it lacks. Its rows are null there, which does
 * not mean that nothing was measured.
 */
export function mixedSchemas(
  files: readonly { readonly path: string; readonly keys: ReadonlySet<string> | null }[],
): LogProblem[] {
  const all = new Set(files.flatMap(({ keys }) => [...(keys ?? [])]));
  return files.flatMap(({ path, keys }) => {
    const lacking = keys === null ? [] : [...all].filter((key) => !keys.has(key) && !ADDED.has(key));
    if (lacking.length === 0) return [];
    const shown =
      lacking.length > 6
        ? `${lacking.slice(0, 5).join(", ")} and ${lacking.length - 5} more`
        : lacking.join(", ");
    const message = `${path} lacks keys that other logs here have: ${shown}.`;
    return [{ path, line: null, kind: "mixed schemas", message }];
  });
}

import type { Columns } from "../domain/column.js";
import type { Outcome } from "../domain/outcome.js";
import { bad, readerOf, requireObject } from "./fields.js";

/** A record that is being read: its columns are checked, and `finish` may still change them. */
export type Draft<R> = { -readonly [K in keyof R]: R[K] };

type Line = Record<string, unknown>;

/**
 * A parser of the lines of one kind of record: known keys checked and in the order of the columns, unknown keys behind them.
 *
 * A line that has all columns in their order, as this package writes it, becomes the record itself: a log of a million lines
 * is read at the speed of JSON.parse only when nothing is copied.
 *
 * @param finish fills in or refuses what one column alone can't tell; it may throw.
 */
export function recordParser<R>(columns: Columns, finish: (draft: Draft<R>) => void): (value: unknown) => R {
  const keys = Object.keys(columns);
  const known: ReadonlySet<string> = new Set(keys);
  const readers = keys.map((key) => readerOf(key, columns[key]!));
  // Equal texts are still two in memory: what lines share is written over what the line brought.
  const isShared = keys.map((key) => columns[key]!.repeats === true || columns[key]!.kind === "word");
  return (value) => {
    requireObject(value);
    const line = value as Line;
    const isRecord = beginsWith(line, keys);
    const draft: Line = isRecord ? line : {};
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const given = line[key];
      const read = readers[i]!(given);
      if (!isRecord || isShared[i] || read !== given) draft[key] = read;
    }
    finish(draft as Draft<R>);
    if (!isRecord) keepUnknownKeys(line, known, draft);
    return draft as R;
  };
}

/** Gives a record its outcome where the line has none, and its error where it has no words for it. */
export function endingOf(draft: {
  outcome: Outcome | null;
  error: string | null;
  readonly ttft_seconds: number | null;
}): void {
  draft.outcome ??= draft.ttft_seconds === null ? "error" : "ok";
  if (draft.outcome !== "ok") draft.error ??= "the log does not say why";
  else if (draft.error !== null) throw bad("error", "must be null where outcome is ok", draft.error);
}

/** Whether the first keys of a line are these, in this order. */
function beginsWith(line: Line, keys: readonly string[]): boolean {
  let place = 0;
  for (const key in line) {
    if (place === keys.length) return true;
    if (key !== keys[place++]) return false;
  }
  return place === keys.length;
}

/** An unknown key is defined, not assigned: `__proto__` is then a key like any other. */
const PLAIN = { writable: true, enumerable: true, configurable: true };

function keepUnknownKeys(line: Line, known: ReadonlySet<string>, draft: Line): void {
  for (const key in line) {
    if (!known.has(key)) Object.defineProperty(draft, key, { ...PLAIN, value: line[key] });
  }
}

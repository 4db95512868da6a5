import type { Columns } from "../../domain/records/column.js";
import type { Outcome } from "../../domain/records/words.js";
import { bad, readerOf, requireObject } from "./fields.js";

/** A record that is being read: its columns are checked, and `finish` may still change them. */
export type Draft<R> = { -readonly [K in keyof R]: R[K] };

type Line = Record<string, unknown>;

/**
 * A parser of the lines of one kind of record: known keys checked and in the order of the columns, unknown keys behind them.
 *
 * @param finish fills in or refuses what one column alone can't tell; it may throw.
 */
export function recordParser<R>(columns: Columns, finish: (draft: Draft<R>) => void): (value: unknown) => R {
  const keys = Object.keys(columns);
  const known: ReadonlySet<string> = new Set(keys);
  const build = builderOf(columns, keys);
  return (value) => {
    requireObject(value);
    const draft = build(value as Line);
    finish(draft as Draft<R>);
    keepUnknownKeys(value as Line, keys, known, draft);
    return draft as R;
  };
}

/**
 * Makes the function one would write by hand, `(line) => ({ run_index: read0(line.run_index), … })`. A loop over keys takes more
 * than twice as long, for a log of a million lines is read at the speed of JSON.parse only when records are made with one
 * literal. No text but the columns' own names gets into it.
 */
function builderOf(columns: Columns, keys: readonly string[]): (line: Line) => Line {
  const fields = keys.map((key, i) => `${key}: read${i}(line.${key})`);
  const source = `return (line) => ({ ${fields.join(", ")} });`;
  const make = new Function(keys.map((_, i) => `read${i}`).join(), source);
  return make.apply(
    null,
    keys.map((key) => readerOf(key, columns[key]!)),
  );
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

/** An unknown key is defined, not assigned: `__proto__` is then a key like any other. */
const PLAIN = { writable: true, enumerable: true, configurable: true };

function keepUnknownKeys(line: Line, keys: readonly string[], known: ReadonlySet<string>, draft: Line): void {
  let place = 0;
  for (const key in line) {
    // A known key in its place, the common case, costs one comparison.
    if (key !== keys[place++] && !known.has(key))
      Object.defineProperty(draft, key, { ...PLAIN, value: line[key] });
  }
}

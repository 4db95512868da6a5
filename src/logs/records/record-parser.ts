import { FirstTokenError } from "../../domain/errors/errors.js";
import { type Column, type Columns, olderKeys } from "../../domain/records/column.js";
import type { Outcome } from "../../domain/records/words.js";
import { withoutKeys } from "../../domain/secrets/named-secrets.js";

/** A record that is being read: its columns are checked, and `finish` may still change them. */
export type Draft<R> = { -readonly [K in keyof R]: R[K] };

type Line = Record<string, unknown>;

/** Makes records of one kind from the values of their lines. */
export interface RecordParser<R> {
  (value: unknown): R;
  readonly columns: Columns;
  /** Fills in or refuses what depends on more than one column; it may throw. */
  finish(draft: Draft<R>): void;
}

/**
 * A parser of the lines of one kind of record: known keys checked and in the order of the columns, followed by unknown keys.
 * A column without a value is read by the keys it had in older logs.
 *
 * @param finish fills in or refuses what depends on more than one column; it may throw.
 */
export function recordParser<R>(columns: Columns, finish: (draft: Draft<R>) => void): RecordParser<R> {
  const keys = Object.keys(columns);
  const known: ReadonlySet<string> = new Set(keys);
  const older = olderKeys(columns);
  const build = builderOf(columns, keys);
  const parse = (value: unknown): R => {
    requireObject(value);
    const draft = build(value as Line);
    finish(draft as Draft<R>);
    keepUnknownKeys(value as Line, keys, known, older, draft);
    return draft as R;
  };
  return Object.assign(parse, { columns, finish });
}

/**
 * Makes the function one would write by hand, `(line) => ({ run_index: read0(line.run_index), … })`. A loop over keys takes more
 * than twice as long, for a log of a million lines is read at the speed of JSON.parse only when records are made with one
 * literal. No text but the columns' own names gets into it.
 */
function builderOf(columns: Columns, keys: readonly string[]): (line: Line) => Line {
  const fields = keys.map((key, i) => {
    const { formerly } = columns[key]!;
    return `${key}: read${i}(line.${key}${formerly === undefined ? "" : `, line.${formerly}`})`;
  });
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

function keepUnknownKeys(
  line: Line,
  keys: readonly string[],
  known: ReadonlySet<string>,
  older: ReadonlyMap<string, string>,
  draft: Line,
): void {
  let place = 0;
  for (const key in line) {
    // A known key in its place, the common case, costs one comparison.
    if (key === keys[place++] || known.has(key)) continue;
    const today = older.get(key);
    if (today !== undefined && saysNoMore(line[key], draft[today])) continue;
    Object.defineProperty(draft, key, { ...PLAIN, value: line[key] });
  }
}

/** Whether an older key adds nothing to today's: it has been read as that, or has the same value, or none. */
const saysNoMore = (older: unknown, today: unknown): boolean =>
  older === today || older === null || today === null;

type Reader = (value: unknown, older?: unknown) => unknown;

/** Reads a value of one column, or what stands under its older key; it may be refused with the rule it breaks. */
export function readerOf(key: string, column: Column<unknown>): Reader {
  const today = readToday(key, column);
  if (column.formerly === undefined) return today;
  const readOlder = readKind(column.formerly, column);
  return (value, older) => {
    if (older === undefined) return today(value);
    const read = value === undefined ? null : today(value);
    return read === null ? readOlder(older) : read;
  };
}

function readToday(key: string, column: Column<unknown>): (value: unknown) => unknown {
  const read = readKind(key, column);
  const { needs, otherwise = null } = column;
  if (needs === "value") return (value) => read(value) ?? missing(key);
  if (needs === "key") return (value) => (value === undefined ? missing(key) : read(value));
  return otherwise === null ? read : (value) => read(value) ?? otherwise;
}

function readKind(key: string, { kind, words, repeats }: Column<unknown>): (value: unknown) => unknown {
  switch (kind) {
    case "count":
      return (value) => count(value, key);
    case "measure":
      return (value) => number(value, key);
    case "told":
      return (value) => told(value, key);
    case "signed":
      return (value) => finite(value, key);
    case "score":
      return (value) => score(value, key);
    case "text":
      return repeats ? repeatedText(key) : (value) => text(value, key);
    case "texts":
      return (value) => texts(value, key);
    case "numbers":
      return (value) => numbers(value, key);
    case "flag":
      return (value) => flag(value, key);
    case "word":
      return (value) => oneOf(value, words!, key);
  }
}

/** Reads a text that most lines share, so that a million rows keep one prompt, not a million. */
function repeatedText(key: string): (value: unknown) => string | null {
  let last: string | null = null;
  return (value) => {
    if (value !== last) last = text(value, key);
    return last;
  };
}

/** Seconds, tokens: a number that is never negative, or null. */
function number(value: unknown, key: string): number | null {
  if (isNoNumber(value)) return null;
  if (typeof value === "number" && value >= 0) return value;
  throw bad(key, "must be null or a number, 0 or more", value);
}

/** Seconds or tokens as a server reported them, or null; below 0 is read as null. */
function told(value: unknown, key: string): number | null {
  return typeof value === "number" && value < 0 ? null : number(value, key);
}

/** A number of either sign, or null. */
function finite(value: unknown, key: string): number | null {
  if (isNoNumber(value)) return null;
  if (typeof value === "number") return value;
  throw bad(key, "must be null or a finite number", value);
}

/** A number from 0 to 1, or null. */
function score(value: unknown, key: string): number | null {
  const given = number(value, key);
  if (given === null || given <= 1) return given;
  throw bad(key, "must be null or from 0 to 1", given);
}

/** A whole number from 1, or null. */
function count(value: unknown, key: string): number | null {
  if (isNoNumber(value)) return null;
  if (Number.isInteger(value) && (value as number) >= 1) return value as number;
  throw bad(key, "must be an integer from 1", value);
}

/** What says that there is no number: JSON's 1e999 reads as infinite, and tables write their gaps as words. */
function isNoNumber(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  return value === null || value === undefined || (typeof value === "string" && NO_NUMBER.test(value));
}

const NO_NUMBER = /^\s*([+-]?(nan|inf(inity)?)|na|n\/a|none|null|nat)?\s*$/i;

/** A text, or null. */
function text(value: unknown, key: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  throw bad(key, "must be null or a text", value);
}

/** A list of texts, or null. */
function texts(value: unknown, key: string): readonly string[] | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw bad(key, "must be a list of texts", value);
}

/** A list of numbers that are never negative, or null. */
function numbers(value: unknown, key: string): readonly number[] | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value) && value.every((one) => typeof one === "number" && one >= 0)) return value;
  throw bad(key, "must be a list of numbers, each 0 or more", value);
}

function flag(value: unknown, key: string): boolean | null {
  if (value === null || value === undefined || typeof value === "boolean") return value ?? null;
  throw bad(key, "must be null, true or false", value);
}

/** One of a few words, or null. */
function oneOf<T extends string>(value: unknown, choices: readonly T[], key: string): T | null {
  if (value === null || value === undefined) return null;
  const known = choices.indexOf(value as T);
  if (known !== -1) return choices[known]!;
  throw bad(key, `must be one of ${choices.join(", ")}`, value);
}

/** Refuses a line without a key. */
function missing(key: string): never {
  throw new FirstTokenError(`${key} is missing`);
}

/** Refuses a value, with the rule it breaks. */
export function bad(key: string, rule: string, value: unknown): FirstTokenError {
  const shown = withoutKeys(JSON.stringify(value));
  return new FirstTokenError(`${key} ${rule}; it is ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`);
}

/** Refuses what is not a JSON object. */
function requireObject(value: unknown): asserts value is object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  const found = Array.isArray(value) ? "; a list of records has each on a line of its own" : "";
  throw new FirstTokenError(`a record must be a JSON object${found}`);
}

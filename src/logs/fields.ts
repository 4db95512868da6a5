import { FirstTokenError } from "../domain/errors.js";
import type { Outcome } from "../domain/timed-request.js";

/** The reason of an outcome; null, and only null, where it is ok. */
export function errorOf(value: unknown, outcome: Outcome): string | null {
  const error = text(value, "error");
  if (outcome !== "ok") return error ?? "the log does not say why";
  if (error !== null) throw bad("error", "must be null where outcome is ok", error);
  return null;
}

/** Reads a text that most lines share: a million rows then hold one prompt, not a million. */
export function repeatedText(key: string): (value: unknown) => string | null {
  let last: string | null = null;
  return (value) => {
    if (value !== last) last = text(value, key);
    return last;
  };
}

/** Seconds, tokens: a number that is never negative, or null. */
export function number(value: unknown, key: string): number | null {
  if (isNoNumber(value)) return null;
  if (typeof value === "number" && value >= 0) return value;
  throw bad(key, "must be null or a number, 0 or more", value);
}

/** Seconds, tokens as a server told them, or null; less than 0 tells nothing. */
export function told(value: unknown, key: string): number | null {
  return typeof value === "number" && value < 0 ? null : number(value, key);
}

/** A number of either sign, or null. */
export function finite(value: unknown, key: string): number | null {
  if (isNoNumber(value)) return null;
  if (typeof value === "number") return value;
  throw bad(key, "must be null or a finite number", value);
}

/** A whole number from 1, or null. */
export function count(value: unknown, key: string): number | null {
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
export function text(value: unknown, key: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  throw bad(key, "must be null or a text", value);
}

/** One of a few words, or null. */
export function oneOf<T extends string>(value: unknown, choices: readonly T[], key: string): T | null {
  if (value === null || value === undefined) return null;
  if (choices.includes(value as T)) return value as T;
  throw bad(key, `must be one of ${choices.join(", ")}`, value);
}

/** Refuses a line without a key. */
export function missing(key: string): never {
  throw new FirstTokenError(`${key} is missing`);
}

/** Refuses a value, with the rule it breaks. */
export function bad(key: string, rule: string, value: unknown): FirstTokenError {
  const shown = JSON.stringify(value);
  return new FirstTokenError(`${key} ${rule}; it is ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`);
}

/** Refuses what is not a JSON object. */
export function requireObject(value: unknown): asserts value is object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  const found = Array.isArray(value) ? "; a list of records has each on a line of its own" : "";
  throw new FirstTokenError(`a record must be a JSON object${found}`);
}

/** An unknown key is defined, not assigned: `__proto__` is then a key like any other. */
const PLAIN = { writable: true, enumerable: true, configurable: true };

/** Carries the keys of a line that no record of its kind has over to the record, behind the known ones. */
export function keepUnknownKeys(
  value: object,
  keys: readonly string[],
  known: ReadonlySet<string>,
  record: object,
): void {
  let place = 0;
  for (const key in value) {
    // A known key in its place, the common case, costs one comparison.
    if (key !== keys[place++] && !known.has(key)) {
      Object.defineProperty(record, key, { ...PLAIN, value: (value as Record<string, unknown>)[key] });
    }
  }
}

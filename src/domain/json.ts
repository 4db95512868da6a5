import { NOT_SHOWN } from "./plain-text.js";

/** A JSON object whose fields are not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The JSON object in a text, or null. */
export function jsonObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A string, which is not changed, or a number that JSON can't express. */
const STRING_OR_NO_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|[+-]?\b(?:nan|inf(?:inity)?)\b/gis;

/**
 * The value of a JSON text as other programs write it: `NaN`, `Infinity` and `-Infinity`, which Python's `json` and
 * DuckDB write and JSON does not have, are null.
 *
 * @throws SyntaxError
 * @example parseJson('{"ttft_seconds": NaN}') // { ttft_seconds: null }
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!/nan|inf/i.test(text)) throw cause;
    const mended = text.replace(STRING_OR_NO_NUMBER, (match) => (match.startsWith('"') ? match : "null"));
    if (mended === text) throw cause;
    return JSON.parse(mended);
  }
}

/** The value of a JSON text, read like {@link parseJson}; `undefined` if it is not JSON. */
export function jsonValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Characters that JSON allows but a terminal obeys or nobody sees; line ends belong to JSON. */
const UNSAFE = new RegExp(`(?!\\n)[${NOT_SHOWN}]`, "gu");

/**
 * A value as JSON that can safely be printed: characters that act on a terminal or can't be seen are written as `\\u0080`. It
 * reads as the same value.
 *
 * @example jsonText({ model: "a\u009bb" }) // the nine characters a\u009bb between quotes
 */
export const jsonText = (value: unknown, indent?: number): string =>
  printableJson(JSON.stringify(value, null, indent));

/** The same for an existing JSON text. */
export const printableJson = (json: string): string =>
  /[\x7f-\uffff]/.test(json) ? json.replace(UNSAFE, escapeUnits) : json;

const escapeUnits = (characters: string): string =>
  characters
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");

/*
 * Objects as maps with names from outside: labels, kinds, headers, columns. Every object inherits `constructor` and
 * `toString`, and `__proto__` must be defined to become a property of its own.
 */

/**
 * The value under one of the map's own names; undefined for inherited ones.
 *
 * @example own({ a: 1 }, "constructor") // undefined
 */
export function own<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** Puts a value under any name. */
export function setOwn<T>(map: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(map, name, { value, enumerable: true, writable: true, configurable: true });
}

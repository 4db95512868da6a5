/** A JSON object whose fields are not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The JSON object a text holds, or null. */
export function jsonObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A string, which stays as it is, or a number that JSON has no word for. */
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

/** The value of a JSON text, read as {@link parseJson} does; `undefined` for what is none. */
export function jsonValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

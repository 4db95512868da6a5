import { toldLine } from "../../domain/plain-text.js";

export { toldLine as oneLine };

/**
 * What a server says went wrong, from an error body in any of the usual forms, as one line; `""` when it says nothing.
 *
 * @example serverMessage('{"error":{"message":"File Not Found","code":404}}') // "File Not Found"
 */
export function serverMessage(body: string): string {
  try {
    return toldLine(find(JSON.parse(body)) ?? body);
  } catch {
    return toldLine(
      /^\s*</.test(body) ? body.replace(/<(style|script|head)\b.*?<\/\1>|<[^>]*>/gis, " ") : body,
    );
  }
}

/** Fields with the words of an error, or with objects that have them. */
const WORDS = [
  "error",
  "message",
  "detail",
  "msg",
  "errors",
  "error_msg",
  "fault",
  "faultstring",
  "base_resp",
  "status_msg",
];

/** `{error: {message}}`, `{error: "…"}`, `{message}`, `{detail}`; FastAPI's `{detail: [{msg}]}`. */
function find(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return find(value[0]);
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  for (const key of WORDS) {
    const words = find(fields[key]);
    if (words !== undefined) return words;
  }
  return undefined;
}

/** With a full stop; a server's words are left as they are otherwise. */
export const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** A number with its noun. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

import { jsonValue } from "../json.js";
import type { Redact } from "./redactor.js";

/** A copy of plain data in which secrets are taken out of every text, the names of fields too; numbers stay. */
export function redactedValue<T>(value: T, redact: Redact): T {
  return copied(value, redact) as T;
}

function copied(value: unknown, redact: Redact): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => copied(item, redact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [redact(name), copied(field, redact)]),
  );
}

/** A body without secrets. JSON stays JSON: a key of digits alone is no reason to take a number for it. */
export function redactedBody(body: string, redact: Redact): string {
  const redacted = redact(body);
  if (redacted === body) return body;
  const value = jsonValue(body);
  return value === undefined ? redacted : JSON.stringify(redactedValue(value, redact));
}

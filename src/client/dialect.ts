import type { JsonObject } from "../domain/json.js";
import { own } from "../domain/own.js";

/** What a server wants instead of a field. */
const OTHER_NAME: Readonly<Record<string, string>> = { max_tokens: "max_completion_tokens" };

/** Which optional fields one route of a server takes, as its refusals have shown. */
export interface Dialect {
  /** A body as this server takes it. */
  speak(body: JsonObject): JsonObject;
  /** Remembers a refusal and says so, once. */
  learn(field: string): void;
  /** What was left out of a body, as a sentence; null for nothing. */
  leftOut(body: JsonObject): string | null;
}

/** A dialect for each route: what is refused in a chat may be what a bare prompt needs. */
export type Dialects = Readonly<Record<"/chat/completions" | "/completions", Dialect>>;

/** Those of a server of which nothing is known yet. `say` is told of every field that it refuses. */
export const newDialects = (url: string, say: (notice: string) => void): Dialects => ({
  "/chat/completions": newDialect(`${url}/chat/completions`, say),
  "/completions": newDialect(`${url}/completions`, say),
});

/** A route of which nothing is known yet. */
function newDialect(url: string, say: (notice: string) => void): Dialect {
  const refused = new Set<string>();
  return {
    speak: (body) => [...refused].reduce(without, body),
    learn(field) {
      if (refused.has(field)) return;
      refused.add(field);
      say(`${url} refuses the field ${field}: it is asked ${insteadOf(field)}.`);
    },
    leftOut(body) {
      const fields = [...refused].filter(
        (field) => Object.hasOwn(body, field) && own(OTHER_NAME, field) === undefined,
      );
      return fields.length === 0 ? null : `Sent without ${fields.join(", ")}, which the server refuses.`;
    },
  };
}

/**
 * A body without a field that was refused, or with the name that takes its place.
 *
 * @example without({ max_tokens: 8 }, "max_tokens") // { max_completion_tokens: 8 }
 */
export function without(body: JsonObject, field: string): JsonObject {
  if (!Object.hasOwn(body, field)) return body;
  const { [field]: value, ...others } = body;
  const other = own(OTHER_NAME, field);
  return other === undefined || Object.hasOwn(others, other) ? others : { ...others, [other]: value };
}

/** How a request goes on without a field. */
export function insteadOf(field: string): string {
  const other = own(OTHER_NAME, field);
  return other === undefined ? "without it" : `with ${other} instead`;
}

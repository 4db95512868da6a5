/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

const MARK = "[redacted]";

/**
 * Hides these secrets wherever they stand, for a server may echo what it was sent. Short ones, such as `test`, are
 * hidden as whole words only; `EMPTY`, the customary key of servers that want none, is no secret.
 *
 * @example redactor(["sk-0123456789"])("bad key sk-0123456789") // "bad key [redacted]"
 */
export function redactor(secrets: readonly string[]): Redact {
  const patterns = [...new Set(secrets)]
    .filter((secret) => secret !== "" && secret !== "EMPTY")
    .sort((a, b) => b.length - a.length)
    .map((secret) => {
      const literal = secret.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
      return secret.length < 8 ? `(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])` : literal;
    });
  if (patterns.length === 0) return (text) => text;
  const any = new RegExp(patterns.join("|"), "g");
  return (text) => text.replace(any, MARK);
}

const SECRET_NAME = /auth|key|token|secret|cookie|password|credential/i;

/** The values of headers that are secret by their names, and what follows `Bearer `. */
export function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => SECRET_NAME.test(name))
    .flatMap(([, value]) => [value, value.replace(/^\w+\s+/, "")]);
}

/** Shorter values of a caller's own headers are words of every day, such as `true`. */
const SHORTEST_SECRET = 8;

/** What of a caller's own headers and body fields may be a secret: every longer header, and texts under such names. */
export function ownSecrets(headers: Readonly<Record<string, string>>, body: unknown): string[] {
  const own = Object.values(headers).filter(
    (value) => value.length >= SHORTEST_SECRET && !/^\w+\/\S+$/.test(value),
  );
  return [...own, ...secretTexts(body, false)];
}

function secretTexts(value: unknown, isSecret: boolean): string[] {
  if (typeof value === "string") return isSecret ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    secretTexts(field, isSecret || SECRET_NAME.test(name)),
  );
}

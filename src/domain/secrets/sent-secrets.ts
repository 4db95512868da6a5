import { isSecretName } from "./secret-names.js";

type Texts = Readonly<Record<string, string>>;

/** Shorter values of a caller's own headers are words of every day, such as `true`. */
const SHORTEST_SECRET = 8;

/**
 * What may be a secret of what is sent with every request: headers that are secret by their names, every longer one of the
 * caller's own, and texts of the body under such names.
 *
 * @param told what the caller says openly, such as the model's name: a header of their own that repeats a part of it is no
 * secret.
 * @example sentSecrets({ authorization: "Bearer sk-0123456789" }) // ["Bearer sk-0123456789", "sk-0123456789"]
 */
export function sentSecrets(
  headers: Texts,
  own: Texts = {},
  body: unknown = {},
  told: readonly string[] = [],
): string[] {
  const named = Object.entries(headers).filter(([name]) => isSecretName(name));
  const longer = Object.entries(own).filter(
    ([, value]) =>
      value.length >= SHORTEST_SECRET &&
      !/^\w+\/\S+$/.test(value) &&
      !told.some((text) => text.includes(value)),
  );
  return [...[...named, ...longer].flatMap(([, value]) => secretsIn(value)), ...secretTexts(body, false)];
}

/** The secret of a header's value: what follows its scheme, the values of cookies, and the two halves of `Basic`. */
function secretsIn(value: string): string[] {
  const credentials = /^(?:bearer|basic|token|apikey|api-key|key)\s+(\S.*)$/i.exec(value)?.[1] ?? value;
  if (/^basic\s/i.test(value)) {
    const plain = Buffer.from(credentials, "base64").toString("utf8");
    return [value, credentials, plain, plain.slice(plain.indexOf(":") + 1)];
  }
  const cookies = [...value.matchAll(/(?:^|;\s*)[\w.-]+=([^;]+)/g)].map((match) => match[1]!);
  return [...new Set([value, credentials]), ...cookies];
}

function secretTexts(value: unknown, isSecret: boolean): string[] {
  if (typeof value === "string") return isSecret ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    secretTexts(field, isSecret || (!Array.isArray(value) && isSecretName(name))),
  );
}

/** Last words in the names of secrets, in headers, fields, query parameters, variables and flags. */
const SECRET =
  /^(api)?keys?$|^tokens?$|^secrets?$|^pass(word|wd|phrase)s?$|^pwd$|^credentials?$|^cookies?2?$|^(sig|signature)$|^(auth|authorization|bearer|pat|sas)$/;
/** A name with one of these words anywhere is a secret's too. */
const SECRET_ANYWHERE = /^(secret|password|passwd|credentials?|authorization|cookie|apikey)$/;
/** Words before `key` and `token` that make it something else: marks of a vocabulary, counts, positions in a table. */
const NO_SECRET_BEFORE =
  /^(first|last|per|eos|bos|pad|unk|sep|cls|mask|stop|special|begin|end|start|max|min|new|next|image|think|total|prompt|output|completion|cached?|sort|primary|foreign|group|public|partition|trace)$/;

/**
 * Whether a name is that of a secret.
 *
 * @example isSecretName("X-Api-Key") // true
 * @example isSecretName("max_tokens") // false
 */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== "");
  const last = words.at(-1) ?? "";
  if (words.some((word) => SECRET_ANYWHERE.test(word))) return true;
  if (!SECRET.test(last)) return false;
  // `tokens` in the plural is a count, unless it is about access.
  if (last === "tokens") return words.some((word) => /^(auth|access|api|bearer)$/.test(word));
  return !NO_SECRET_BEFORE.test(words.at(-2) ?? "");
}

type Texts = Readonly<Record<string, string>>;

/** Shorter values of a caller's own headers are ordinary words, such as `true`. */
const SHORTEST_SECRET = 8;

/**
 * Possible secrets in what is sent with every request: headers with the name of a secret, every longer header of the caller's
 * own, and texts in the body under such names.
 *
 * @param told what the caller does not hide, such as the model's name: a header of their own that repeats a part of it is not
 * a secret.
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

/** The text that replaces a secret. */
export const MARK = "[redacted]";

/** A key by its shape, anywhere in a text: it has a capital or a digit, which words after "basic" lack. */
const BEARER = /\b(?:[Bb]earer|[Bb]asic)\s+(?=[\w.~+/=-]*[A-Z\d])[\w.~+/=-]{8,}/g;
/** Keys with a beginning that identifies their issuer. */
const MARKED = /\b(?:sk[-_]|hf_|gsk_|ghp_|xai-|pplx-|nvapi-|AIza|AKIA)(?=[\w-]*\d)[\w-]{8,}/g;

const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi;
/** A query parameter, a variable or a flag with its value. */
const ASSIGNED = /([?&]|--?)?(?<![A-Za-z0-9])([A-Za-z][\w.-]*)=("[^"]*"|'[^']*'|[^\s&#"']+)/g;
/** A flag followed by its value. */
const FLAG = /(?<![\w-])(--?([A-Za-z][\w-]*)\s+)("[^"]*"|'[^']*'|[^\s"'-][^\s"']*)/g;
const HEADER =
  /\b((?:proxy-)?authorization|(?:set-)?cookie|[\w-]*(?:api[-_]?key|auth[-_]?token))(["']?\s*:\s*["']?)(?:\w+\s+)?(?=[^\s"',}]*\d)[^\s"',}]{6,}/gi;

/** Shorter values than this, except in a query, are ordinary words. */
const LEAST_CHARACTERS = 6;

/**
 * A copy of plain data that can be recorded although its secrets are not known: fields with the name of a secret are left
 * out; keys inside texts (bearer headers, `sk-…`, `API_KEY=…`, credentials of URLs) are replaced by `[redacted]` or removed.
 *
 * @example withoutSecrets({ apiKey: "sk-1234567890", server: "http://me:pw@host/v1" }) // { server: "http://host/v1" }
 */
export function withoutSecrets<T>(value: T): T {
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (typeof value === "string") return withoutKeys(value);
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !isSecretName(name))
      .map(([name, field]) => [withoutKeys(name), copied(field)]),
  );
}

/** The same for one text. */
export function withoutKeys(text: string): string {
  return text
    .replace(URL_CREDENTIALS, "$1")
    .replace(ASSIGNED, (all, before: string | undefined, name: string, value: string) =>
      isSecretName(name) && (before !== undefined || value.length >= LEAST_CHARACTERS)
        ? `${before ?? ""}${name}=${MARK}`
        : all,
    )
    .replace(FLAG, (all, flag: string, name: string) => (isSecretName(name) ? flag + MARK : all))
    .replace(HEADER, `$1$2${MARK}`)
    .replace(BEARER, MARK)
    .replace(MARKED, MARK);
}

import { isSecretName } from "./secret-names.js";

const MARK = "[redacted]";

/** A key by its shape, wherever it stands in a text: it has a capital or a digit, which words after "basic" lack. */
const BEARER = /\b(?:[Bb]earer|[Bb]asic)\s+(?=[\w.~+/=-]*[A-Z\d])[\w.~+/=-]{8,}/g;
/** Keys that say by their beginning whose they are. */
const MARKED = /\b(?:sk[-_]|hf_|gsk_|ghp_|xai-|pplx-|nvapi-|AIza|AKIA)(?=[\w-]*\d)[\w-]{8,}/g;

const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi;
/** A parameter of a query, a variable or a flag with its value. */
const ASSIGNED = /([?&]|--?)?(?<![A-Za-z0-9])([A-Za-z][\w.-]*)=("[^"]*"|'[^']*'|[^\s&#"']+)/g;
/** A flag with its value behind it. */
const FLAG = /(?<![\w-])(--?([A-Za-z][\w-]*)\s+)("[^"]*"|'[^']*'|[^\s"'-][^\s"']*)/g;
const HEADER =
  /\b((?:proxy-)?authorization|(?:set-)?cookie|[\w-]*(?:api[-_]?key|auth[-_]?token))(["']?\s*:\s*["']?)(?:\w+\s+)?(?=[^\s"',}]*\d)[^\s"',}]{6,}/gi;

/** Shorter values than this, but in a query, are words of every day. */
const LEAST_CHARACTERS = 6;

/**
 * A copy of plain data that can be written down, where nobody says what its secrets are: fields named like a key are left
 * out; keys inside texts (bearer headers, `sk-…`, `API_KEY=…`, credentials of URLs) are replaced by `[redacted]` or taken off.
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

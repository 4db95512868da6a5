import { viewsOf } from "./text-views.js";

/** One form in which a secret may reappear. */
export interface Form {
  /** In lower case. */
  readonly text: string;
  /** This many characters of its beginning or end reveal it. */
  readonly fragment: number;
  /** It counts only if no letter or digit touches it. */
  readonly isWord: boolean;
  /** It also counts with spaces in it; without their spaces, words and figures could look like it. */
  readonly mayBeSpaced: boolean;
}

/** Keys customarily given to servers that need none. */
const NO_SECRETS: ReadonlySet<string> = new Set(
  "EMPTY none null undefined dummy dummy-key anything not-needed not-used no-key no-key-needed no-key-required ollama lm-studio".split(
    " ",
  ),
);

/** Shorter ones are hidden only as words, and in no other form. */
const LEAST_CHARACTERS = 8;
/** Up to this many letters alone may be an ordinary word. */
const LONGEST_WORD = 16;
/** Half of a secret reveals it; the required number of characters has this maximum and this minimum. */
const LEAST_FRAGMENT = 10;
const MOST_FRAGMENT = 24;

/** The forms of all secrets among these texts. */
export function formsOf(secrets: readonly string[]): Form[] {
  return [...new Set(secrets.map((secret) => secret.trim()))]
    .filter((secret) => !NO_SECRETS.has(secret.replace(/^bearer\s+/i, "")))
    .flatMap((secret) => {
      if (secret.length < LEAST_CHARACTERS) return isOddWord(secret) ? [whole(secret, true)] : [];
      if (/^\p{L}+$/u.test(secret) && secret.length <= LONGEST_WORD) return [whole(secret, true)];
      // A scheme and a key: without the scheme, the key has forms of its own.
      if (/^\w+ \S+$/.test(secret)) return [whole(secret, false)];
      const bytes = Buffer.from(secret);
      // URLs escape bytes, not characters, and write a space as a plus.
      const written = new Set([secret, bytes.toString("latin1"), secret.replaceAll(" ", "+")]);
      return [
        // A sign in the secret itself may look like an escape when others are undone.
        ...[...written]
          .flatMap(viewsOf)
          .filter(({ text }) => text.length >= LEAST_CHARACTERS)
          .map(({ text }) => fragmentary(text)),
        ...[0, 1, 2].flatMap((lead) => inBase64(bytes, lead)),
        whole(bytes.toString("hex"), false),
      ];
    });
}

/**
 * In lower case, character by character, so that positions stay the same: capital I with a dot would become two, and a sigma
 * has a final form.
 */
export const lowerCase = (text: string): string =>
  text.replaceAll("İ", "i").toLowerCase().replaceAll("ς", "σ");

const isOddWord = (text: string): boolean => /\p{L}/u.test(text) && /[^\p{L}\s]/u.test(text);

const whole = (text: string, isWord: boolean): Form => ({
  text: lowerCase(text),
  fragment: text.length,
  isWord,
  mayBeSpaced: false,
});

const fragmentary = (text: string): Form => ({
  text: lowerCase(text),
  fragment: Math.min(
    text.length,
    Math.max(LEAST_FRAGMENT, Math.min(MOST_FRAGMENT, Math.ceil(text.length / 2))),
  ),
  isWord: false,
  mayBeSpaced: /[^\p{L}]/u.test(text) && /[^\p{N}]/u.test(text) && !/\s/.test(text),
});

/**
 * The base64 characters of some bytes that do not depend on 0, 1 or 2 bytes before them in a group of three; in both
 * alphabets.
 */
function inBase64(bytes: Buffer, lead: number): Form[] {
  const encoded = Buffer.concat([Buffer.alloc(lead), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const isUneven = (lead + bytes.length) % 3 > 0;
  const own = encoded.slice(Math.ceil((lead * 8) / 6), isUneven ? -1 : undefined);
  const forUrls = own.replaceAll("+", "-").replaceAll("/", "_");
  return [...new Set([own, forUrls])].map((text) => fragmentary(text));
}

import { viewsOf } from "./text-views.js";

/** One form in which a secret may come back. */
export interface Form {
  /** In lower case. */
  readonly text: string;
  /** So many characters of its beginning or its end give it away. */
  readonly fragment: number;
  /** It is one only where no letter or digit touches it. */
  readonly isWord: boolean;
  /** It is one also with spaces in it; words and figures make others without theirs. */
  readonly mayBeSpaced: boolean;
}

/** What servers without a key are customarily given. */
const NO_SECRETS: ReadonlySet<string> = new Set(
  "EMPTY none null undefined dummy dummy-key anything not-needed not-used no-key no-key-needed no-key-required ollama lm-studio".split(
    " ",
  ),
);

/** Shorter ones are hidden as words only, and in no other form. */
const LEAST_CHARACTERS = 8;
/** Letters alone, and no more of them than this, may be a word of every day. */
const LONGEST_WORD = 16;
/** Half of a secret gives it away; so many of its characters do at most, and none are enough below. */
const LEAST_FRAGMENT = 10;
const MOST_FRAGMENT = 24;

/** The forms of all that is a secret among these texts. */
export function formsOf(secrets: readonly string[]): Form[] {
  return [...new Set(secrets.map((secret) => secret.trim()))]
    .filter((secret) => !NO_SECRETS.has(secret.replace(/^bearer\s+/i, "")))
    .flatMap((secret) => {
      if (secret.length < LEAST_CHARACTERS) return isOddWord(secret) ? [whole(secret, true)] : [];
      if (/^\p{L}+$/u.test(secret) && secret.length <= LONGEST_WORD) return [whole(secret, true)];
      // A scheme and a key: cut off it, the key has forms of its own.
      if (/^\w+ \S+$/.test(secret)) return [whole(secret, false)];
      const bytes = Buffer.from(secret);
      // URLs escape bytes, not characters, and have a plus for a space.
      const written = new Set([secret, bytes.toString("latin1"), secret.replaceAll(" ", "+")]);
      return [
        // A sign of its own may read as an escape where others are undone.
        ...[...written]
          .flatMap(viewsOf)
          .filter(({ text }) => text.length >= LEAST_CHARACTERS)
          .map(({ text }) => fragmentary(text)),
        ...[0, 1, 2].flatMap((lead) => inBase64(bytes, lead)),
        whole(bytes.toString("hex"), false),
      ];
    });
}

/** In lower case, each character one, so that places stay places: capital I with a dot becomes two, a sigma has a final form. */
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

/** What is always there of bytes in base64, behind 0, 1 or 2 others in their group of three; in both alphabets. */
function inBase64(bytes: Buffer, lead: number): Form[] {
  const encoded = Buffer.concat([Buffer.alloc(lead), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const isUneven = (lead + bytes.length) % 3 > 0;
  const own = encoded.slice(Math.ceil((lead * 8) / 6), isUneven ? -1 : undefined);
  const forUrls = own.replaceAll("+", "-").replaceAll("/", "_");
  return [...new Set([own, forUrls])].map((text) => fragmentary(text));
}

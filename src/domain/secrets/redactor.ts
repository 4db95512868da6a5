import { jsonValue } from "../json.js";
import { MARK } from "./named-secrets.js";
import { type Form, formsOf, lowerCase } from "./secret-forms.js";
import { squeezed, squeezedViews, type TextView, viewsOf } from "./text-views.js";

/** Replaces secrets in a text by `[redacted]`. */
export interface Redact {
  (text: string): string;
  /** The start of a text's last part that could become a secret with what follows; the text's length if there is none. */
  heldFrom(text: string): number;
}

/** Changes no text. */
export const keepAll: Redact = Object.assign((text: string) => text, {
  heldFrom: ({ length }: string) => length,
});

/**
 * Hides these secrets wherever a text contains them: as they are; escaped for JSON, URLs or HTML; in base64 or hex; broken by
 * line ends or invisible characters; in any case; and truncated, as long as half of it or 24 characters remain, and at least
 * 10.
 *
 * Ordinary words stay: a secret of fewer than 8 characters is hidden only as a word of its own, and only if it mixes letters
 * with digits or signs (`sk-1234`); one of letters alone, up to 16, is also hidden only as a word of its own. `EMPTY` and
 * other customary keys of servers that need none are not secrets ({@link formsOf}).
 *
 * To be used where a text enters, before anything is cut off it.
 *
 * @example redactor(["sk-0123456789"])("bad key sk-01234\n56789") // "bad key [redacted]"
 */
export function redactor(secrets: readonly string[]): Redact {
  const forms = formsOf(secrets);
  if (forms.length === 0) return keepAll;
  const signs = [...new Set(forms.flatMap(signsOf))];
  const shortest = signs.reduce((least, { length }) => Math.min(least, length), Number.POSITIVE_INFINITY);
  const placesIn = (text: string): Place[] => {
    // Most texts of a load are a word, such as "stop".
    if (text.length < shortest || !squeezedViews(text).some((view) => holdsOne(view, signs))) return [];
    return viewsOf(text).flatMap((view) => forms.flatMap((form) => placesOf(form, view)));
  };
  const redact = (text: string): string => {
    const places = placesIn(text);
    return places.length === 0 ? text : withMarks(text, places);
  };
  const heldFrom = (text: string): number => {
    const escaped = UNFINISHED_ESCAPE.exec(text)?.index ?? text.length;
    const views = viewsOf(text.slice(0, escaped));
    const held = views.reduce(
      (first, view) => forms.reduce((start, form) => Math.min(start, beginningOf(form, view)), first),
      escaped,
    );
    // A secret whose end could begin another one is held back whole.
    return placesIn(text)
      .sort(([a], [b]) => b - a)
      .reduce((first, [start, end]) => (start < first && first < end ? start : first), held);
  };
  return Object.assign(redact, { heldFrom });
}

/** The end of a text that could become an escape with what follows. */
const UNFINISHED_ESCAPE =
  /(?:(?<!\\)\\+(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|%(?:25)*[0-9a-f]?|&(?:amp;)*[#\w]{0,8})$/i;

/** The part of a form that is in every text containing it, whole or truncated, once both are squeezed. */
const signsOf = ({ text, fragment }: Form): string[] =>
  [text.slice(0, fragment), text.slice(-fragment)].map(squeezed).filter((sign) => sign !== "");

function holdsOne(view: string, signs: readonly string[]): boolean {
  const text = lowerCase(view);
  return signs.some((sign) => text.includes(sign));
}

type Place = readonly [start: number, end: number];

/** Where a form occurs, whole or truncated, by positions in the viewed text. */
function placesOf(form: Form, view: TextView): Place[] {
  const { text: secret, fragment, isWord } = form;
  const text = lowerCase(view.text);
  const places: Place[] = [];
  if (view.isSpaceless && !form.mayBeSpaced) return [];
  const find = (part: string, grow: (at: number) => Place): void => {
    for (let at = text.indexOf(part); at !== -1; ) {
      const [start, end] = grow(at);
      if (!isWord || isAlone(text, start, end)) places.push(view.placeOf(start, end));
      at = text.indexOf(part, end);
    }
  };
  find(secret.slice(0, fragment), (at) => {
    let length = fragment;
    while (length < secret.length && text[at + length] === secret[length]) length += 1;
    return [at, at + length];
  });
  if (fragment < secret.length) {
    find(secret.slice(-fragment), (at) => {
      let [start, left] = [at, secret.length - fragment];
      while (start > 0 && left > 0 && text[start - 1] === secret[left - 1])
        [start, left] = [start - 1, left - 1];
      return [start, at + fragment];
    });
  }
  return places;
}

/** The start of the longest end of a text that is also a beginning of the form. */
function beginningOf({ text: secret, mayBeSpaced }: Form, view: TextView): number {
  if (view.isSpaceless && !mayBeSpaced) return Number.POSITIVE_INFINITY;
  const text = lowerCase(view.text);
  const last = text.at(-1);
  for (let length = Math.min(secret.length, text.length); length > 0; length--) {
    if (secret[length - 1] === last && text.endsWith(secret.slice(0, length)))
      return view.placeOf(text.length - length, text.length)[0];
  }
  return Number.POSITIVE_INFINITY;
}

const isAlone = (text: string, start: number, end: number): boolean =>
  !/[\p{L}\p{N}]/u.test((text[start - 1] ?? "") + (text[end] ?? ""));

function withMarks(text: string, places: readonly Place[]): string {
  let redacted = "";
  let done = 0;
  for (const [start, end] of [...places].sort(([a], [b]) => a - b)) {
    // A range that overlaps or touches the previous one is part of it.
    if (start > done || done === 0) redacted += text.slice(done, start) + MARK;
    done = Math.max(done, end);
  }
  return redacted + text.slice(done);
}

/** Plain data in which secrets are taken out of every text, the names of fields too; numbers stay. */
export function redactedValue<T>(value: T, redact: Redact): T {
  return redact === keepAll ? value : (copied(value, redact) as T);
}

function copied(value: unknown, redact: Redact): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => copied(item, redact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [redact(name), copied(field, redact)]),
  );
}

/** A body without secrets. JSON stays JSON: a number is not mistaken for a key made of digits. */
export function redactedBody(body: string, redact: Redact): string {
  const redacted = redact(body);
  if (redacted === body) return body;
  const value = jsonValue(body);
  return value === undefined ? redacted : JSON.stringify(redactedValue(value, redact));
}

/** Shows a text that arrives in pieces, without secrets: the possible beginning of one waits for what follows. */
export function redactedStream(
  redact: Redact,
  show: (text: string) => void,
): { take(piece: string): void; end(): void } {
  let waiting = "";
  const showTo = (end: number): void => {
    const shown = redact(waiting.slice(0, end));
    waiting = waiting.slice(end);
    if (shown !== "") show(shown);
  };
  return {
    take(piece) {
      waiting += piece;
      showTo(redact.heldFrom(waiting));
    },
    end: () => showTo(waiting.length),
  };
}

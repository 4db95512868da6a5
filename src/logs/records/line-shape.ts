/** Where the values of a line stand that is one flat JSON object. */
export interface LineShape {
  readonly keys: readonly string[];
  /** Where each value begins, and where it ends. */
  readonly begins: readonly number[];
  readonly ends: readonly number[];
  /** What stands around them. */
  readonly frame: string;
}

const BEGIN = /[ \t]*\{/y;
const KEY = /\s*"([A-Za-z_]\w*)"\s*:\s*/y;
/** A text, a list without lists or objects in it, a number or a word. */
const VALUE = /"(?:[^"\\]|\\.)*"|\[(?:[^"[\]{}]|"(?:[^"\\]|\\.)*")*\]|-?\d[\d.eE+-]*|true|false|null/y;
const NEXT = /\s*,/y;
const END = /\s*\}[ \t]*$/y;

/** Longer texts are more than a regular expression has room for; and what takes so long to parse is rare. */
const LONGEST_LINE = 100_000;

/** The shape of a line that is valid JSON; null where it is long, or no flat object with plain keys, each once. */
export function shapeOf(line: Buffer): LineShape | null {
  if (line.length > LONGEST_LINE) return null;
  // As Latin-1, characters have the same positions as bytes.
  const text = line.toString("latin1");
  const keys: string[] = [];
  const begins: number[] = [];
  const ends: number[] = [];
  let at = after(BEGIN, text, 0);
  while (at > 0) {
    KEY.lastIndex = at;
    const key = KEY.exec(text);
    if (key === null) return null;
    const begin = KEY.lastIndex;
    const end = after(VALUE, text, begin);
    if (end === 0) return null;
    keys.push(key[1]!);
    begins.push(begin);
    ends.push(end);
    at = after(NEXT, text, end);
    if (at === 0 && after(END, text, end) > 0) {
      const frame = [...begins, text.length].map((to, i) => text.slice(ends[i - 1] ?? 0, to)).join("\0");
      return new Set(keys).size < keys.length ? null : { keys, begins, ends, frame };
    }
  }
  return null;
}

/** Where a match at `at` ends; 0 where there is none. */
function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : 0;
}

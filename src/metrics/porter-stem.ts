/** A suffix, its replacement, and a condition on the stem before it. */
type Rule = readonly [suffix: string, replacement: string, condition: (stem: string) => boolean];

/** Rules by the last letter of their suffixes; of those that fit a word, the first decides. */
type Rules = ReadonlyMap<string, readonly Rule[]>;

const always = () => true;
const hasMeasure = (stem: string) => measure(stem) > 0;
const hasLongMeasure = (stem: string) => measure(stem) > 1;

const pairs = (table: string): readonly (readonly [string, string])[] =>
  table.split(" ").map((entry) => entry.split(">") as [string, string]);

const under = (condition: Rule[2], table: string): readonly Rule[] =>
  pairs(table).map(([suffix, replacement]) => [suffix, replacement, condition]);

const byLastLetter = (rules: readonly Rule[]): Rules =>
  new Map(
    rules.map(([suffix]) => [suffix.at(-1)!, rules.filter((rule) => rule[0].at(-1) === suffix.at(-1))]),
  );

const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ...pairs("sky>sky skies>sky dying>die lying>lie tying>tie news>news howe>howe"),
  ...pairs("inning>inning innings>inning outing>outing outings>outing canning>canning cannings>canning"),
  ...pairs("proceed>proceed exceed>exceed succeed>succeed"),
]);

const PLURALS = byLastLetter(under(always, "sses>ss ies>i ss>ss s>"));
const AFTER_ED_OR_ING = byLastLetter(under(always, "at>ate bl>ble iz>ize"));
const DOUBLE_SUFFIXES = byLastLetter([
  ...under(hasMeasure, "ational>ate tional>tion enci>ence anci>ance izer>ize bli>ble entli>ent eli>e"),
  ...under(hasMeasure, "ousli>ous ization>ize ation>ate ator>ate alism>al iveness>ive fulness>ful"),
  ...under(hasMeasure, "ousness>ous aliti>al iviti>ive biliti>ble fulli>ful"),
  ["logi", "log", (stem) => hasMeasure(`${stem}l`)],
]);
const ADJECTIVES = byLastLetter(under(hasMeasure, "icate>ic ative> alize>al iciti>ic ical>ic ful> ness>"));
const LONG_SUFFIXES = byLastLetter([
  ...under(hasLongMeasure, "al> ance> ence> er> ic> able> ible> ant> ement> ment> ent>"),
  ["ion", "", (stem) => hasLongMeasure(stem) && (stem.endsWith("s") || stem.endsWith("t"))],
  ...under(hasLongMeasure, "ou> ism> ate> iti> ous> ive> ize>"),
]);

/**
 * The stem of an English word, as ROUGE compares words.
 *
 * M. F. Porter, "An algorithm for suffix stripping" (1980), with the departures of NLTK's `PorterStemmer()` in its
 * default mode, NLTK_EXTENSIONS (NLTK 3.8): irregular forms, "dies" and "died" to "die", y to i only after a
 * consonant, "-alli" before "-bli", "-fulli" and "-logi". Characters other than a to z count as consonants.
 *
 * @param word an English word, in any case.
 * @example metrics.porterStem("relational") // "relat"
 */
export function porterStem(word: string): string {
  const lower = word.toLowerCase();
  const irregular = IRREGULAR.get(lower);
  if (irregular !== undefined) return irregular;
  if (lower.length <= 4 && shape(lower).length <= 2) return lower;
  const base = finalYToI(withoutEdOrIng(withoutPlural(lower)));
  return withoutDoubleL(withoutE(apply(LONG_SUFFIXES, apply(ADJECTIVES, simplifyDoubleSuffix(base)))));
}

/** Step 1a. */
function withoutPlural(word: string): string {
  return word.endsWith("ies") && shape(word).length === 4 ? word.slice(0, -1) : apply(PLURALS, word);
}

/** Step 1b. */
function withoutEdOrIng(word: string): string {
  if (word.endsWith("ied")) return word.slice(0, shape(word).length === 4 ? -1 : -2);
  if (word.endsWith("eed")) return hasMeasure(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const stem = word.endsWith("ed") ? word.slice(0, -2) : word.endsWith("ing") ? word.slice(0, -3) : word;
  if (stem === word || !shape(stem).includes("v")) return word;
  const restored = apply(AFTER_ED_OR_ING, stem);
  if (restored !== stem) return restored;
  if (endsInDoubleConsonant(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

/** Step 1c. */
function finalYToI(word: string): string {
  const stem = word.slice(0, -1);
  return word.endsWith("y") && stem.length > 1 && shape(stem).endsWith("c") ? `${stem}i` : word;
}

/** Step 2. */
function simplifyDoubleSuffix(word: string): string {
  const endsInAlli = word.endsWith("alli") && hasMeasure(word.slice(0, -4));
  return endsInAlli ? simplifyDoubleSuffix(word.slice(0, -2)) : apply(DOUBLE_SUFFIXES, word);
}

/** Step 5a. */
function withoutE(word: string): string {
  if (!word.endsWith("e")) return word;
  const stem = word.slice(0, -1);
  return measure(stem) > 1 || (measure(stem) === 1 && !endsShort(stem)) ? stem : word;
}

/** Step 5b. */
function withoutDoubleL(word: string): string {
  return word.endsWith("ll") && hasLongMeasure(word.slice(0, -1)) ? word.slice(0, -1) : word;
}

function apply(rules: Rules, word: string): string {
  const rule = rules.get(word.charAt(word.length - 1))?.find(([suffix]) => word.endsWith(suffix));
  if (rule === undefined) return word;
  const [suffix, replacement, condition] = rule;
  const stem = word.slice(0, word.length - suffix.length);
  return condition(stem) ? stem + replacement : word;
}

type Kind = "c" | "v";

/** Consonant or vowel; y is a vowel after a consonant. */
function kindOf(letter: string, before: Kind | ""): Kind {
  if (letter === "y") return before === "c" ? "v" : "c";
  return letter === "a" || letter === "e" || letter === "i" || letter === "o" || letter === "u" ? "v" : "c";
}

/** The kinds of the word's letters, such as "cvccv" for "happy". */
function shape(word: string): string {
  let shape = "";
  let before: Kind | "" = "";
  for (const letter of word) {
    before = kindOf(letter, before);
    shape += before;
  }
  return shape;
}

/** Porter's m: how often a vowel is followed by a consonant. Counted without `shape`, because it is needed most often. */
function measure(stem: string): number {
  let count = 0;
  let before: Kind | "" = "";
  for (const letter of stem) {
    const kind = kindOf(letter, before);
    if (before === "v" && kind === "c") count++;
    before = kind;
  }
  return count;
}

function endsInDoubleConsonant(stem: string): boolean {
  return stem.at(-1) === stem.at(-2) && shape(stem).endsWith("c");
}

/** Porter's *o: ends consonant, vowel, consonant, the last not w, x or y; NLTK adds a whole stem of vowel, consonant. */
function endsShort(stem: string): boolean {
  const form = shape(stem);
  return (form.endsWith("cvc") && !/[wxy]$/.test(stem)) || form === "vc";
}

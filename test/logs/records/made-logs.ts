import fc from "fast-check";
import type { Column, Columns } from "../../../src/domain/records/column.js";
import { readJsonlBytes } from "../../../src/logs/files/jsonl.js";
import { bytesOf } from "../../../src/logs/files/log-bytes.js";
import { knownLines } from "../../../src/logs/known-lines.js";
import { labelOf, originOf } from "../../../src/logs/log-origin.js";
import { keysSeen } from "../../../src/logs/mixed-schemas.js";
import type { RecordParser } from "../../../src/logs/records/record-parser.js";

/** What is read of a log's bytes: rows in their order of keys, problems, keys, and how the file ends. */
export interface Read {
  readonly rows: readonly object[];
  readonly problems: readonly string[];
  readonly keys: readonly string[];
  readonly content: unknown;
  /** How many lines were not parsed. */
  readonly scanned: number;
}

const file = { label: null, path: "made.jsonl", name: "made" };

/** Reads the bytes of a log, and leaves lines that look alike to a scanner of its own, or parses all. */
export function readMade<R extends object>(
  bytes: Uint8Array,
  parser: RecordParser<R>,
  how: "scanned" | "parsed",
): Read {
  const rows: object[] = [];
  const problems: string[] = [];
  const seen = keysSeen(new Map());
  const withOrigin = originOf(file);
  let parsed = 0;
  const parse = (value: unknown): object => {
    const own = labelOf(value);
    const row = parser(value);
    parsed++;
    seen.add(value as object);
    return withOrigin(row, own);
  };
  // A copy of the columns has no scanner yet that has learnt from earlier logs.
  const columns = { ...parser.columns };
  const anew = Object.assign((value: unknown) => parser(value), { columns, finish: parser.finish });
  const known = how === "scanned" ? knownLines(file, anew, seen, (row) => rows.push(row)) : undefined;
  const content = readJsonlBytes(
    "made.jsonl",
    bytesOf("made.jsonl", bytes),
    parse,
    (row) => rows.push(row),
    { onBadLine: "skip", onProblem: ({ message }) => problems.push(message) },
    known,
  );
  return { rows, problems, keys: [...seen.keys].sort(), content, scanned: rows.length - parsed };
}

const NUMBERS = [
  ...["0", "1", "2", "0.5", "1.25", "0.1", "0.30000000000000004", "123456789", "1234567890123456"],
  ...["-0", "-0.0", "-1", "1e400", "-1e400", "1e-7", "5e-324", "1E5", "2e+3", "0e0", "9007199254740993"],
  ...["18014398509481985", "0.10000000000000000555", "123456789012345678901", "1.0000000000000002220446"],
  ...["01", "1.", ".5", "+1", "-", "0x1", "1e", "NaN", "-Infinity", "inf", '"NaN"', '"0.5"'],
];
const TEXTS = [
  ...['""', '"one"', '"two"', '"Summarise this text: what does a cache keep?"', '"été"', '"中文"', '"😀"'],
  ...[
    '"a\\nb"',
    '"\\u0041"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\\\"',
    '"\\""',
    '"\\/"',
  ],
  ...['"\\x"', '"a\tb"', '"\u007f"', '"\u2028"', '"\ufeff"', '"no end', `"${"long ".repeat(40)}"`, "'one'"],
];
const LISTS = [
  ...["[]", "[0.25]", "[0.25,1, 2]", "[ ]", "[-1]", "[1e-7]", "[1,]", "[01]", "[null]", "[[1]]", "[{}]"],
  ...['["a"]', '["a]b","c"]', '["{"]', '["\\"]"]', '["a" "b"]', "[", "[1"],
];
const ANY = ["null", "true", "false", "nul", "{}", '{"a":{"b":[1,"}"]}}', "[[[[1]]]]", "", '"ok"', '"error"'];

/** Null but for one in so many. */
const rarely = <T>(of: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: of - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const anyToken = fc.constantFrom(...NUMBERS, ...TEXTS, ...LISTS, ...ANY);

/** A value of a column as it is written. */
function tokenOf(name: string, { kind, words, needs }: Column<unknown>): fc.Arbitrary<string> {
  // An answer that came has no error.
  if (name === "outcome") return fc.constantFrom('"ok"', '"ok"', '"ok"', '"error"', "null");
  if (name === "error" || name === "failure") return fc.constantFrom("null", "null", "null", '"connection"');

  const positive = fc.double({ min: 1e-4, max: 1000, noNaN: true }).map((value) => JSON.stringify(value));
  const whole = fc.integer({ min: 1, max: 20_000 }).map(String);
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 12 }).map((value) => JSON.stringify(value)));
  switch (kind) {
    case "count":
      return whole;
    case "score":
      return fc.double({ min: 1e-4, max: 1, noNaN: true }).map((value) => JSON.stringify(value));
    case "measure":
    case "told":
    case "signed":
      return fc.oneof(positive, positive, whole, fc.constant(needs === "value" ? "0" : "null"));
    case "word":
      return fc.constantFrom(...words!.map((word) => JSON.stringify(word)));
    case "flag":
      return fc.constantFrom("true", "false", "null");
    case "numbers":
      return fc.array(positive, { maxLength: 3 }).map((list) => `[${list.join()}]`);
    case "texts":
      return fc.array(text, { maxLength: 3 }).map((list) => `[${list.join()}]`);
    case "text":
      return fc.oneof(fc.constantFrom('"one"', '"two"', needs === "value" ? '""' : "null"), text);
  }
}

/**
 * Logs of one kind, most of whose lines look like others: with values, spaces, keys and line ends as programs write them, and
 * here and there as none does.
 */
export function madeLogs(columns: Columns): fc.Arbitrary<Buffer> {
  const names = Object.keys(columns);
  const tokens = new Map(names.map((name) => [name, tokenOf(name, columns[name]!)]));
  const needed = names.filter((name) => columns[name]!.needs !== "none");
  const others = names.filter((name) => columns[name]!.needs === "none");
  const shape = fc.record({
    keys: fc
      .subarray(others, { minLength: others.length - 4 })
      .chain((some) => fc.shuffledSubarray([...needed, ...some], { minLength: needed.length + some.length })),
    colon: fc.constantFrom(":", ": ", " :\t"),
    comma: fc.constantFrom(",", ", "),
    close: fc.constantFrom("}", " }", "}  "),
  });
  const line = (keys: readonly string[]) =>
    fc.record({
      tokens: fc.tuple(...keys.map((key) => tokens.get(key)!)),
      // Most logs have the same in most lines.
      changes: fc.array(fc.nat({ max: keys.length - 1 }), { maxLength: 6 }),
      odd: rarely(5, fc.record({ at: fc.nat({ max: keys.length - 1 }), token: anyToken })),
      extra: rarely(
        12,
        fc.record({
          key: fc.constantFrom(
            ...keys.slice(0, 3),
            "unknown",
            "__proto__",
            "total_seconds",
            "log_path",
            "1",
            "é",
          ),
          token: anyToken,
        }),
      ),
      end: fc.constantFrom("\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", "\n \n", "\n\ufeff"),
    });
  return fc
    .array(shape, { minLength: 1, maxLength: 3 })
    .chain((shapes) =>
      fc.tuple(
        fc.constant(shapes),
        fc.tuple(...shapes.map(({ keys }) => fc.tuple(...keys.map((key) => tokens.get(key)!)))),
        fc.array(
          fc
            .nat({ max: shapes.length - 1 })
            .chain((which) => fc.tuple(fc.constant(which), line(shapes[which]!.keys))),
          { minLength: 1, maxLength: 15 },
        ),
        fc.constantFrom("", "\ufeff"),
        fc.nat({ max: 60 }),
      ),
    )
    .map(([shapes, common, lines, mark, cut]) => {
      const texts = lines.map(([which, { tokens, changes, odd, extra, end }]) => {
        const { keys, colon, comma, close } = shapes[which]!;
        const pairs = keys.map((key, i) => {
          const usual = changes.includes(i) ? tokens[i]! : common[which]![i]!;
          return `"${key}"${colon}${odd?.at === i ? odd.token : usual}`;
        });
        if (extra !== null) pairs.push(`"${extra.key}"${colon}${extra.token}`);
        return `{${pairs.join(comma)}${close}${end}`;
      });
      const bytes = Buffer.from(mark + texts.join(""));
      // Some are cut within their last line.
      return cut > 40 ? bytes.subarray(0, bytes.length - (cut - 40)) : bytes;
    });
}

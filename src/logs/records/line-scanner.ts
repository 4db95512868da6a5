import type { Columns } from "../../domain/records/column.js";
import { type LogOrigin, ORIGIN_KEYS } from "../../domain/records/log-origin.js";
import { KnownLine } from "./known-line.js";
import { shapeOf } from "./line-shape.js";
import { blockOf, fieldOf } from "./line-values.js";
import { readerOf } from "./record-parser.js";

/** Where the rows of a file were read from; each has besides the label of its own line. */
export type FileOrigin = Omit<LogOrigin, "own_label">;

/**
 * Reads lines that look like an earlier one: with the same keys in the same order and the same spaces. What has been the same
 * in all of them is only compared, the other values are read from their bytes, and the row is made in one piece.
 *
 * A row is what JSON.parse and the parser of its kind make, or there is none: what is unusual, such as an exponent, an
 * unknown key or a value that breaks a rule, is left to them.
 */
export interface LineScanner {
  /** The row of the line that was scanned last, before it is finished. */
  readonly row: object;
  /** The keys of that line: the same list for all lines of one shape. */
  readonly keys: readonly string[];
  /** Scans the line at `at` of bytes that are UTF-8; gives where the next begins, 0 if the line has to be parsed. */
  scan(bytes: Buffer, at: number, origin: FileOrigin): number;
  /** Takes the shape of a line that was parsed into a record. */
  learn(line: Buffer): void;
}

const scanners = new WeakMap<Columns, LineScanner>();

/** The scanner for one kind of record. There is one for all logs: what it has learnt from one serves for the next. */
export function scannerOf(columns: Columns): LineScanner {
  const scanner = scanners.get(columns) ?? lineScanner(columns);
  scanners.set(columns, scanner);
  return scanner;
}

/** A shape that is not used any more makes room for another. */
const MOST_SHAPES = 4;

function lineScanner(columns: Columns): LineScanner {
  const names = Object.keys(columns);
  const fields = names.map((name) => fieldOf(name, columns[name]!));
  const labelPlace = names.indexOf("label");
  const build = builderOf(names);
  let shapes: readonly KnownLine[] = [];
  let block = blockOf(Buffer.alloc(0));
  /** Lines in a row that were parsed. */
  let parsed = 0;
  const scanner = {
    row: {},
    keys: [] as readonly string[],
    scan(bytes: Buffer, begin: number, origin: FileOrigin): number {
      if (block.bytes !== bytes) block = blockOf(bytes);
      for (const line of shapes) {
        const next = afterLine(bytes, line.read(block, begin));
        if (next === 0) continue;
        if (line !== shapes[0]) shapes = [line, ...shapes.filter((other) => other !== line)];
        const { keys } = line.shape;
        scanner.keys = keys;
        scanner.row = build(line.values, origin, labelPlace === -1 ? null : line.values[labelPlace]);
        parsed = 0;
        return next;
      }
      return 0;
    },
    learn(line: Buffer): void {
      parsed++;
      // After 1, 2, 4, 8 … lines, so that a log of ever new shapes costs little.
      if ((parsed & (parsed - 1)) !== 0) return;
      const shape = shapeOf(line);
      if (shape === null || !shape.keys.every((key) => Object.hasOwn(columns, key))) return;
      if (shapes.some((known) => known.shape.frame === shape.frame)) return;
      const lacking = names.map((name) =>
        shape.keys.includes(name) ? null : readerOf(name, columns[name]!)(undefined),
      );
      const places = shape.keys.map((key) => names.indexOf(key));
      shapes = [new KnownLine(line, shape, places, fields, lacking), ...shapes.slice(0, MOST_SHAPES - 1)];
    },
  };
  return scanner;
}

const LF = 0x0a;
const CR = 0x0d;

/** The index after the end of a line that ends at `at`; 0 where none does. */
function afterLine(bytes: Uint8Array, at: number): number {
  if (at === 0) return 0;
  if (bytes[at] === LF) return at + 1;
  if (bytes[at] !== CR) return 0;
  return bytes[at + 1] === LF ? at + 2 : at + 1;
}

/** Makes the function one would write by hand, as `record-parser.ts` does: `{ run_index: values[0], …, log_path: … }`. */
function builderOf(
  names: readonly string[],
): (values: readonly unknown[], origin: FileOrigin, own: unknown) => object {
  const read = names.map((name, place) => `${name}: values[${place}]`);
  const added = ORIGIN_KEYS.map((key) => (key === "own_label" ? "own_label: own" : `${key}: origin.${key}`));
  const source = `return { ${[...read, ...added].join(", ")} };`;
  return new Function("values", "origin", "own", source) as ReturnType<typeof builderOf>;
}

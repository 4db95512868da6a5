import { parseJson } from "../../domain/json.js";
import { type CsvDialect, type CsvRow, parseCsv } from "./csv.js";
import { DatasetError } from "./dataset-problem.js";
import { isLineFile, pairLines, readText } from "./text-file.js";

/** One item of a file, not yet interpreted. */
export interface Item {
  /** From 1, counting items and not lines. */
  readonly number: number;
  readonly value: unknown;
  /** Why it could not be read at all; null if it could. */
  readonly broken: string | null;
}

/** An item without its number. */
type Value = Omit<Item, "number">;

const whole = (value: unknown): Value => ({ value, broken: null });

/**
 * Reads the items of a JSON array, a JSONL file, a table with a header, or two line-aligned files, gzipped or not.
 *
 * @throws DatasetError if the file is missing, empty, or none of these.
 */
export async function readItems(path: string): Promise<Item[]> {
  const values = isLineFile(path) ? (await pairLines(path)).map(whole) : parse(path, await readText(path));
  if (values.length === 0) throw new DatasetError(`${path} contains no items.`, { path });
  return values.map((item, index) => ({ number: index + 1, ...item }));
}

function parse(path: string, content: string): Value[] {
  const text = content.trimStart();
  if (text === "") throw new DatasetError(`${path} is empty.`, { path });
  if (text.startsWith("[")) {
    const value = jsonOf(path, text);
    return (Array.isArray(value) ? value : [value]).map(whole);
  }
  return text.startsWith("{") ? parseLines(path, content) : parseTable(path, content);
}

/** JSONL, or one JSON object over several lines. */
function parseLines(path: string, text: string): Value[] {
  const lines = text.split(/\r\n?|\n/);
  if (!isJson(lines.find((line) => line.trim() !== "")!) && isJson(text)) return [whole(jsonOf(path, text))];
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return whole(parseJson(line));
    } catch (cause) {
      return { value: null, broken: `(line ${index + 1}) is not JSON: ${(cause as Error).message}` };
    }
  });
}

/** A table with a header, whose fields are separated by commas, semicolons or tabs. */
function parseTable(path: string, text: string): Value[] {
  const begin = text.slice(0, /[\r\n]|$/.exec(text)!.index);
  const separator = ([",", "\t", ";"] as const).reduce((most, one) =>
    begin.split(one).length > begin.split(most).length ? one : most,
  );
  const [header, ...rows] = rowsOf(text, separator);
  if (header === undefined || header.fields.length < 2) {
    throw new DatasetError(`${path} is neither JSON nor JSONL nor CSV with a header.`, { path });
  }
  return rows.map(({ fields, line, broken }) => {
    if (broken !== undefined) return { value: null, broken: `is not CSV: ${broken}` };
    if (fields.length !== header.fields.length) {
      const counts = `${fields.length} fields where the header has ${header.fields.length}`;
      return { value: null, broken: `(line ${line}) has ${counts}` };
    }
    return whole(Object.fromEntries(header.fields.map((name, column) => [name.trim(), fields[column]])));
  });
}

/** The rows as in RFC 4180; with quotes escaped by a backslash, if more can be read that way. */
function rowsOf(text: string, separator: NonNullable<CsvDialect["separator"]>): readonly CsvRow[] {
  const broken = (rows: readonly CsvRow[]) => rows.filter((row) => row.broken !== undefined).length;
  const rows = parseCsv(text, { separator });
  if (broken(rows) === 0 || !text.includes('\\"')) return rows;
  const escaped = parseCsv(text, { separator, quotes: "escaped" });
  return broken(escaped) < broken(rows) ? escaped : rows;
}

function isJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

function jsonOf(path: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new DatasetError(`${path} is not JSON: ${(cause as Error).message}.`, { path, cause });
  }
}

import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseCsv } from "../../datasets/files/csv.js";
import { FirstTokenError, LogError } from "../../domain/errors/errors.js";
import { parseJson } from "../../domain/json.js";
import { isParquet } from "../duckdb/parquet.js";
import { type ReadOptions, visitLines } from "../files/jsonl.js";
import { bytesOf, type LogBytes, openBytes } from "../files/log-bytes.js";
import type { ForeignTool, Located } from "./foreign-result.js";
import { isSqlite, sqliteTable } from "./sqlite-table.js";

/** A file of another tool, and its values as that tool's reader takes them. */
export interface ForeignFile {
  readonly tool: ForeignTool;
  readonly values: readonly Located[];
}

/** A file's first line, and all of it, read when that is asked for. */
interface Begin {
  readonly firstLine: string;
  readonly whole: () => Buffer;
}

/** How much of a file is looked at to tell whose it is. */
const HEAD_BYTES = 1 << 16;

/**
 * What another tool wrote, told by its content and never by its name; null for anything else, such as a log of this package.
 *
 * @throws LogError for a file that can't be read, or that begins as another tool's and is cut or damaged.
 */
export function foreignFile(
  path: string,
  tools: readonly ForeignTool[],
  options: ReadOptions,
): ForeignFile | null {
  if (isParquet(path)) return null;
  const bytes = openBytes(path);
  try {
    const of = (wanted: ForeignTool["form"]) => tools.filter(({ form }) => form === wanted);
    const head = readUpTo(bytes, HEAD_BYTES);
    if (isSqlite(head)) return database(path, of("sqlite"), Buffer.concat([head, rest(bytes)]));
    const text = head.toString("utf8").replace(/^[\ufeff\s]+/, "");
    const firstLine = /^[^\r\n]*/.exec(text)![0];
    const whole = () => Buffer.concat([head, rest(bytes)]);
    if (YAML_OF_GUIDELLM.test(text)) refuseYaml(path, whole());
    return /^[{[]/.test(text)
      ? json(path, of("json"), { head: text, firstLine, whole }, options)
      : csv(path, of("csv"), { firstLine, whole }, options);
  } finally {
    bytes.close();
  }
}

/** How GuideLLM's report begins as YAML: with one of its three keys, on a line of its own. */
const YAML_OF_GUIDELLM = /^(---\s+)?(metadata|config|args|benchmarks):[ \t]*\r?\n/;

function refuseYaml(path: string, content: Buffer): void {
  if (!/^ +guidellm_version:/m.test(content.toString("latin1"))) return;
  throw new LogError(
    `${path} is GuideLLM's report as YAML, of which only the JSON is read: guidellm export ${basename(path)} --output kind=json writes that (GuideLLM 0.8).`,
    { path },
  );
}

function json(
  path: string,
  tools: readonly ForeignTool[],
  { head, firstLine, whole }: Begin & { readonly head: string },
  options: ReadOptions,
): ForeignFile | null {
  const ownerOf = (value: unknown) => tools.find(({ isOwn }) => isOwn(value));
  const first = parsed(firstLine);
  if (first !== undefined) {
    const tool = ownerOf(first.value);
    return tool === undefined
      ? null
      : { tool, values: lines(path, tool, whole(), { text: firstLine, ...first }, options) };
  }
  // What is no line of JSON is one value on many lines, or a line longer than the head, or neither.
  const marked = tools.find(({ marks }) => marks.every((mark) => head.includes(`"${mark}"`)));
  if (marked === undefined) return null;
  const content = whole();
  const text = content.toString("utf8").replace(/^\ufeff/, "");
  const document = parsed(text);
  if (document !== undefined) {
    const tool = ownerOf(document.value);
    return tool === undefined ? null : { tool, values: [{ value: document.value, line: 0 }] };
  }
  const longLine = /^\s*([^\r\n]*)/.exec(text)![1]!;
  const long = parsed(longLine);
  const tool = long === undefined ? undefined : ownerOf(long.value);
  if (long !== undefined && tool !== undefined) {
    return { tool, values: lines(path, tool, content, { text: longLine, ...long }, options) };
  }
  throw new LogError(
    `${path} begins as a result of ${marked.name}, but is not JSON (${whyNot(text)}): it was cut or damaged.`,
    { path },
  );
}

/** The values of a file with one on each line, as of a run that was appended; `first` is parsed already. */
function lines(
  path: string,
  tool: ForeignTool,
  content: Buffer,
  first: { readonly text: string; readonly value: unknown },
  options: ReadOptions,
): Located[] {
  const values: Located[] = [];
  visitLines(bytesOf(path, content), (text, line, ended) => {
    if (text !== null && text.trim() === "") return;
    const value = text === null ? undefined : text === first.text ? first : parsed(text);
    if (value !== undefined && tool.isOwn(value.value)) values.push({ value: value.value, line });
    else if (value === undefined && !ended) {
      const message = `${path}, line ${line}: the last line was cut; the lines before it were kept.`;
      options.onProblem?.({ path, line, kind: "cut line", message });
    } else {
      badLine(
        path,
        line,
        value === undefined ? "it is not JSON" : `it is not a result of ${tool.name}, as the first is`,
        options,
      );
    }
  });
  return values;
}

function csv(
  path: string,
  tools: readonly ForeignTool[],
  { firstLine, whole }: Begin,
  options: ReadOptions,
): ForeignFile | null {
  const columns = parseCsv(firstLine)[0]?.fields.map((name) => name.trim()) ?? [];
  const header = Object.fromEntries(columns.map((name) => [name, ""]));
  const tool = tools.find(({ isOwn }) => isOwn(header));
  if (tool === undefined) return null;
  const twice = columns.find((name, index) => tool.marks.includes(name) && columns.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new LogError(`${path}, a result of ${tool.name}, has two columns ${twice}.`, { path });
  }
  const [, ...records] = parseCsv(
    whole()
      .toString("utf8")
      .replace(/^\ufeff/, ""),
  );
  const values = records.flatMap(({ fields, line, broken }): Located[] => {
    if (broken === undefined && fields.length === columns.length) {
      return [{ value: Object.fromEntries(columns.map((name, index) => [name, fields[index]])), line }];
    }
    badLine(
      path,
      line,
      broken ?? `it has ${fields.length} fields where the header has ${columns.length}`,
      options,
    );
    return [];
  });
  return { tool, values };
}

function database(path: string, [tool]: readonly ForeignTool[], content: Buffer): ForeignFile | null {
  if (tool === undefined) return null;
  try {
    requireNoJournal(path);
    const rows = sqliteTable(content, "result");
    if (rows.length > 0 && !tool.isOwn(rows[0])) {
      const columns = Object.keys(rows[0]!).join(", ");
      throw new Error(
        `its table result has the columns ${columns}, not those of ${tool.name}: ${tool.marks.join(", ")}`,
      );
    }
    return { tool, values: rows.map((value) => ({ value, line: 0 })) };
  } catch (cause) {
    throw new LogError(
      `${path} is an SQLite file that can't be read as one of ${tool.name}: ${(cause as Error).message}.`,
      {
        path,
        cause,
      },
    );
  }
}

/** The first bytes of a journal that holds what a change had not finished. */
const HOT_JOURNAL = Buffer.from("d9d505f920a163d7", "hex");

/** Refuses a database whose last changes lie in a file beside it. */
function requireNoJournal(path: string): void {
  for (const [beside, isPending] of [
    [`${path}-wal`, ({ length }: Buffer) => length > 0],
    [`${path}-journal`, (bytes: Buffer) => bytes.subarray(0, HOT_JOURNAL.length).equals(HOT_JOURNAL)],
  ] as const) {
    if (!existsSync(beside) || !isPending(readFileSync(beside))) continue;
    throw new FirstTokenError(
      `rows that are not in it yet lie in ${basename(beside)} beside it; end what writes to it, or run: sqlite3 ${path} "PRAGMA wal_checkpoint(TRUNCATE)"`,
    );
  }
}

function badLine(path: string, line: number, reason: string, { onBadLine, onProblem }: ReadOptions): void {
  const message = `${path}, line ${line}: ${reason}.`;
  if (onBadLine !== "skip") throw new LogError(message, { path, line });
  onProblem?.({ path, line, kind: "bad line", message });
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseJson(text) };
  } catch {
    return undefined;
  }
}

function whyNot(text: string): string {
  try {
    parseJson(text);
    return "";
  } catch (cause) {
    return (cause as Error).message;
  }
}

function readUpTo(bytes: LogBytes, most: number): Buffer {
  const buffer = Buffer.alloc(most);
  let held = 0;
  for (let read = -1; read !== 0 && held < most; held += read) read = bytes.read(buffer.subarray(held), 0);
  return buffer.subarray(0, held);
}

function rest(bytes: LogBytes): Buffer {
  const parts: Buffer[] = [];
  for (;;) {
    const part = readUpTo(bytes, 1 << 22);
    if (part.length === 0) return Buffer.concat(parts);
    parts.push(part);
  }
}

import { LogError } from "../../domain/errors/errors.js";
import { parseJson } from "../../domain/json.js";
import { isParquet, visitParquet, withIsoStart } from "../duckdb/parquet.js";
import { type KnownLines, type ReadOptions, readJsonlBytes } from "./jsonl.js";
import { checkedBytes } from "./line-check.js";
import { openBytes } from "./log-bytes.js";

/**
 * Reads a log of any format, one record after the other, handing each to `take`: JSONL, and with DuckDB installed
 * Parquet.
 *
 * @param known takes lines of JSONL that it need not have parsed.
 * @throws LogError as `readJsonl`, or where DuckDB is needed and is not there.
 */
export async function readRecords<R>(
  path: string,
  parse: (value: unknown) => R,
  take: (record: R) => void,
  options: ReadOptions = {},
  known?: KnownLines,
): Promise<void> {
  if (isParquet(path)) await readParquet(path, parse, take, options);
  else readChecked(path, parse, take, options, known);
}

/** Reads JSONL, and reports where it is not as its runs left it. */
function readChecked<R>(
  path: string,
  parse: (value: unknown) => R,
  take: (record: R) => void,
  options: ReadOptions,
  known?: KnownLines,
): void {
  const bytes = checkedBytes(path, openBytes(path));
  try {
    readJsonlBytes(path, bytes, parse, take, options, known);
    for (const problem of bytes.problems()) options.onProblem?.(problem);
  } finally {
    bytes.close();
  }
}

async function readParquet<R>(
  path: string,
  parse: (value: unknown) => R,
  take: (record: R) => void,
  options: ReadOptions,
): Promise<void> {
  let line = 0;
  await visitParquet(path, (text) => {
    line++;
    let record: R;
    try {
      record = parse(withIsoStart(parseJson(text)));
    } catch (cause) {
      const message = `${path}, record ${line}: ${(cause as Error).message.replace(/\.$/, "")}.`;
      if (options.onBadLine !== "skip") throw new LogError(message, { path, line, cause });
      options.onProblem?.({ path, line, kind: "bad line", message });
      return undefined;
    }
    take(record);
    return undefined;
  });
}

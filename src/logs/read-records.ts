import { LogError } from "../domain/errors.js";
import { needsDuckDb, visitWithDuckDb, withIsoStart } from "./duckdb.js";
import { type ReadOptions, readJsonl } from "./jsonl.js";

/**
 * Reads a log of any format, one record after the other, handing each to `take`: JSONL, and with DuckDB installed
 * Parquet and S3.
 *
 * @throws LogError as `readJsonl`, or where DuckDB is needed and is not there.
 */
export async function readRecords<R>(
  path: string,
  parse: (value: unknown) => R,
  take: (record: R) => void,
  options: ReadOptions = {},
): Promise<void> {
  if (!needsDuckDb(path)) {
    readJsonl(path, parse, take, options);
    return;
  }
  let line = 0;
  await visitWithDuckDb(path, (text) => {
    line++;
    if (text.trim() === "") return undefined;
    try {
      take(parse(withIsoStart(JSON.parse(text))));
    } catch (cause) {
      const message = `${path}, record ${line}: ${(cause as Error).message.replace(/\.$/, "")}.`;
      if (options.onBadLine !== "skip") throw new LogError(message, { path, line, cause });
      options.onProblem?.({ path, line, kind: "bad line", message });
    }
    return undefined;
  });
}

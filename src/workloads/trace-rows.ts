import { parseCsv } from "../datasets/files/csv.js";
import { DatasetError } from "../datasets/files/dataset-problem.js";
import { readText } from "../datasets/files/text-file.js";
import { isObject, parseJson } from "../domain/json.js";
import { MOST_TOKENS } from "../domain/records/token-count.js";

/** A request of a trace: its time and its lengths. */
export interface TraceRow {
  readonly atSeconds: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /**
   * The names of its blocks of tokens, the same name for the same text; null if the trace does not say what prompts share.
   */
  readonly blocks: readonly number[] | null;
  readonly session: string | null;
}

/** A trace as it was read. */
export interface Trace {
  readonly format: "mooncake" | "burstgpt";
  readonly rows: readonly TraceRow[];
  /** Number of requests that failed according to the trace, and are left out. */
  readonly failed: number;
  /** The text of its file. */
  readonly text: string;
}

/** Tokens of a block that a Mooncake trace names. */
export const BLOCK_TOKENS = 512;

/**
 * Reads a trace: Mooncake's JSONL, or BurstGPT's CSV.
 *
 * @throws DatasetError naming the line at fault.
 */
export async function readTrace(path: string): Promise<Trace> {
  const text = await readText(path, "trace");
  if (text.trim() === "") throw new DatasetError(`The trace ${path} is empty.`, { path });
  const isJson = text.trimStart().startsWith("{");
  const { rows, failed } = isJson ? mooncake(path, text) : burstgpt(path, text);
  if (rows.length === 0)
    throw new DatasetError(`The trace ${path} has no request that could be sent.`, { path });
  return { format: isJson ? "mooncake" : "burstgpt", rows, failed, text };
}

type Read = Pick<Trace, "rows" | "failed">;

/** What is wrong with a line. */
const fault = (path: string, line: number, why: string) =>
  new DatasetError(`The trace ${path}, line ${line}: ${why}.`, { path, item: line });

/** Source: kvcache-ai/Mooncake, FAST25-release: `timestamp` in ms, and a name in `hash_ids` for each 512 tokens begun. */
function mooncake(path: string, text: string): Read {
  const rows: TraceRow[] = [];
  const lines = text.trimEnd().split(/\r\n?|\n/);
  for (const [index, line] of lines.entries()) {
    const fail = (why: string) => fault(path, index + 1, why);
    if (line.trim() === "") throw fail("is empty, so a request may be missing");
    const value = jsonOf(line);
    if (!isObject(value)) throw fail("is not a JSON object");
    const milliseconds = numberOf(value, "timestamp", fail);
    const inputTokens = tokensOf(value, "input_length", fail);
    const blocks = blocksOf(value, inputTokens, fail);
    const last = rows.at(-1);
    if (last !== undefined && (last.blocks === null) !== (blocks === null))
      throw fail(
        blocks === null
          ? "has no hash_ids, as those before it have"
          : "has hash_ids, which those before it lack",
      );
    const row = {
      atSeconds: milliseconds / 1_000,
      inputTokens,
      outputTokens: tokensOf(value, "output_length", fail),
      blocks,
      session: null,
    };
    if (last !== undefined && row.atSeconds < last.atSeconds)
      throw fail(`its timestamp goes back, from ${last.atSeconds * 1_000} to ${milliseconds} ms`);
    rows.push(row);
  }
  return { rows, failed: 0 };
}

type Fail = (why: string) => DatasetError;

function jsonOf(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return null;
  }
}

function numberOf(value: Readonly<Record<string, unknown>>, key: string, fail: Fail): number {
  const number = value[key];
  if (number === undefined || number === null) throw fail(`has no ${key}`);
  if (typeof number !== "number" || !Number.isFinite(number) || number < 0)
    throw fail(`${key} must be a number of at least 0; it is ${JSON.stringify(number)}`);
  return number;
}

function tokensOf(value: Readonly<Record<string, unknown>>, key: string, fail: Fail): number {
  if (value[key] === undefined || value[key] === null) throw fail(`has no ${key}`);
  return wholeTokens(value[key], key, 1, fail);
}

function wholeTokens(tokens: unknown, key: string, least: number, fail: Fail): number {
  if (typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens >= least && tokens <= MOST_TOKENS)
    return tokens;
  throw fail(`${key} must be a whole number of tokens, at least ${least}; it is ${JSON.stringify(tokens)}`);
}

function blocksOf(
  value: Readonly<Record<string, unknown>>,
  inputTokens: number,
  fail: Fail,
): readonly number[] | null {
  const ids = value.hash_ids;
  if (ids === undefined || ids === null) return null;
  if (!Array.isArray(ids) || !ids.every((id) => Number.isSafeInteger(id)))
    throw fail("hash_ids must be a list of whole numbers");
  const wanted = Math.ceil(inputTokens / BLOCK_TOKENS);
  if (ids.length === wanted) return ids as number[];
  throw fail(`has ${ids.length} hash_ids, but ${inputTokens} tokens are ${wanted} blocks of ${BLOCK_TOKENS}`);
}

/**
 * Source: HPMLL/BurstGPT, release 2.0: `Timestamp` in seconds, `Request tokens`, `Response tokens`, in newer files `Session ID`.
 * A request with no response tokens failed.
 */
function burstgpt(path: string, text: string): Read {
  const [header, ...records] = parseCsv(text.replace(/^\ufeff/, ""));
  const names = (header?.fields ?? []).map((name) => name.trim());
  const column = (name: string) => names.indexOf(name);
  const [at, input, output] = ["Timestamp", "Request tokens", "Response tokens"].map(column) as [
    number,
    number,
    number,
  ];
  if (at < 0 || input < 0 || output < 0) {
    throw new DatasetError(
      `The trace ${path} is neither Mooncake's JSONL nor BurstGPT's CSV with Timestamp, Request tokens and Response tokens.`,
      { path },
    );
  }
  const session = column("Session ID");
  const rows: TraceRow[] = [];
  let failed = 0;
  let latest = 0;
  for (const { fields, line, broken } of records) {
    const fail = (why: string) => fault(path, line, why);
    if (broken !== undefined) throw fail(broken);
    if (fields.length !== names.length)
      throw fail(`has ${fields.length} fields where the header has ${names.length}`);
    const atSeconds = fieldNumber(fields[at]!, "Timestamp", fail);
    const inputTokens = wholeTokens(
      fieldNumber(fields[input]!, "Request tokens", fail),
      "Request tokens",
      0,
      fail,
    );
    const outputTokens = wholeTokens(
      fieldNumber(fields[output]!, "Response tokens", fail),
      "Response tokens",
      0,
      fail,
    );
    if (atSeconds < latest) throw fail(`its Timestamp goes back, from ${latest} to ${atSeconds} s`);
    latest = atSeconds;
    if (inputTokens === 0 || outputTokens === 0) failed += 1;
    else
      rows.push({
        atSeconds,
        inputTokens,
        outputTokens,
        blocks: null,
        session: fields[session]?.trim() || null,
      });
  }
  return { rows, failed };
}

function fieldNumber(field: string, name: string, fail: Fail): number {
  const number = Number(field);
  if (field.trim() === "") throw fail(`has no ${name}`);
  if (!Number.isFinite(number) || number < 0)
    throw fail(`${name} must be a number of at least 0; it is ${JSON.stringify(field)}`);
  return number;
}

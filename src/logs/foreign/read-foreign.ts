import { FirstTokenError, LogError } from "../../domain/errors/errors.js";
import { TTFT_COLUMNS } from "../../domain/records/columns.js";
import type { ReadOptions } from "../files/jsonl.js";
import type { LogProblem } from "../files/problem.js";
import { foreignFile } from "./foreign-file.js";
import type { ForeignKind, ForeignLine, ForeignResult } from "./foreign-result.js";
import { FOREIGN_TOOLS } from "./foreign-tools.js";
import { measuredTotals } from "./totals.js";

/**
 * What a result file of another tool holds, told by its content: requests as lines of their kind, and totals; null for a file
 * that is none.
 *
 * @throws LogError for a file that can't be read, is cut, or is not as its tool writes it.
 */
export function readForeign(path: string, options: ReadOptions = {}): ForeignResult | null {
  const file = foreignFile(path, FOREIGN_TOOLS, options);
  if (file === null) return null;
  const { tool, values } = file;
  try {
    // Of JSON nothing is left where every line was bad.
    const result = values.length === 0 && tool.form === "json" ? NOTHING : tool.read(values);
    const origin = {
      source_tool: tool.name,
      source_version: result.version,
      ttft_definition: result.definition,
    };
    return {
      tool: tool.name,
      ...result,
      totals: measuredTotals(result.totals),
      lines: result.lines.map(({ where, line }) => ({
        where,
        line: { ...line, ...origin },
      })),
    };
  } catch (cause) {
    if (!(cause instanceof FirstTokenError)) throw cause;
    throw new LogError(`${path}, a result of ${tool.name}, ${cause.message.replace(/\.$/, "")}.`, {
      path,
      cause,
    });
  }
}

const NOTHING = { version: null, definition: "", kind: "load", lines: [], totals: [], leftOut: [] } as const;

const DOES: Readonly<Record<ForeignKind, string>> = {
  load: "measures a load: read it with load.read",
  quality: "scores answers: read it with quality.read",
  proxy: "measures a proxy: read it with proxy.read",
};

/**
 * A result's requests as lines of the kind that is asked for.
 *
 * @throws LogError where they can't be told as that.
 */
export function linesOf(
  path: string,
  result: ForeignResult,
  kind: ForeignKind | "ttft" | "blend",
  { onProblem }: ReadOptions,
): readonly ForeignLine[] {
  for (const problem of problemsOf(path, result)) onProblem?.(problem);
  if (kind === result.kind || result.lines.length === 0) return result.lines;
  if (kind !== "ttft" || result.kind !== "load") {
    throw new LogError(`${path} is a result of ${result.tool}, which ${DOES[result.kind]}.`, { path });
  }
  const counted = result.lines.filter(({ line }) => typeof line.prompt_tokens === "number");
  if (counted.length === 0) {
    throw new LogError(
      `${path} is a result of ${result.tool} that does not say how long its prompts are, so there is no TTFT by context: read it with load.read.`,
      { path },
    );
  }
  const without = result.lines.length - counted.length;
  if (without > 0) {
    onProblem?.(
      leftOut(path, `${without} of ${result.lines.length} requests do not say how long their prompt is`),
    );
  }
  return counted.map(({ where, line }) => ({ where, line: asTtft(line, result.tool) }));
}

const leftOut = (path: string, what: string): LogProblem => ({
  path,
  line: null,
  kind: "left out",
  message: `${path}: ${what}.`,
});

/** What a result does not hold as requests, and why. */
export const problemsOf = (path: string, { tool, leftOut: all }: ForeignResult): LogProblem[] =>
  all.map((what) => leftOut(path, `${what} (${tool})`));

/** A request of a load as one of a TTFT log: its context is the whole prompt, as that tool counts it. */
function asTtft(line: ForeignLine["line"], tool: string): ForeignLine["line"] {
  const known = Object.entries(line).filter(
    ([key]) =>
      Object.hasOwn(TTFT_COLUMNS, key) || ["source_tool", "source_version", "ttft_definition"].includes(key),
  );
  return {
    ...Object.fromEntries(known),
    context_tokens: line.prompt_tokens,
    token_counter: `${tool}, of the whole prompt`,
  };
}

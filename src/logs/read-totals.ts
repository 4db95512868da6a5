import { LogError } from "../domain/errors/errors.js";
import { plainLine } from "../domain/plain-text.js";
import type { TotalRow } from "../domain/records/total.js";
import { copiesOf } from "./duckdb/fetched-copies.js";
import type { ReadOptions } from "./files/jsonl.js";
import { type LogProblem, summaryOf } from "./files/problem.js";
import { filesOf, type LabelledFile, type LabelsOf, type LogSources } from "./files/sources.js";
import type { ForeignResult } from "./foreign/foreign-result.js";
import { foreignReader } from "./foreign-reader.js";
import { onlyLogs } from "./found-logs.js";

/** The totals of one file, under its label. */
export function totalsOf(file: LabelledFile, result: ForeignResult | null): TotalRow[] {
  if (result === null) return [];
  const { tool, version, definition } = result;
  return result.totals.map((total) => ({
    label: file.label ?? file.name,
    ...total,
    source_tool: tool,
    source_version: version,
    ttft_definition: definition,
    log_path: file.path,
  }));
}

/**
 * Reads what other tools computed themselves, as of `vllm bench serve` without `--save-detailed` or of LiteLLM's script: one row
 * a number, in seconds and tokens. Runs whose requests their file holds are not among them: `load.read` reads those.
 *
 * @param sources a result file's path, a folder, a glob (`*`, `?`, `**`), a list of such, or labels with one of these each.
 * @throws LogError for a file that can't be read or is no result of a tool that is known, or a glob without a match;
 * OptionError where no source is given.
 * @example
 * const totals = await load.totals({ "vLLM bench": "serve.json" });
 * totals[0] // { label: "vLLM bench", run: 1, measure: "ttft_seconds", statistic: "mean", value: 0.0498, … }
 */
export async function readTotals<const S extends LogSources>(
  sources: S,
  { onBadLine = "throw", onProblem }: ReadOptions = {},
): Promise<readonly TotalRow<LabelsOf<S>>[]> {
  const problems: LogProblem[] = [];
  const report = onProblem ?? ((problem: LogProblem) => problems.push(problem));
  let release = (): void => {};
  try {
    const named = await filesOf(sources, report);
    release = await copiesOf(named);
    const readForeign = foreignReader();
    const files = await onlyLogs(named, "totals", report, readForeign);
    const rows = files.flatMap((file) => {
      const result = readForeign(file.path, { onBadLine, onProblem: report });
      if (result === null) {
        throw new LogError(`${file.path} is no result file of another tool that is known here.`, {
          path: file.path,
        });
      }
      return totalsOf(file, result);
    });
    // A source's key is its rows' label, which the compiler can't follow.
    return rows as unknown as readonly TotalRow<LabelsOf<S>>[];
  } finally {
    release();
    for (const line of summaryOf(problems)) console.warn(plainLine(line));
  }
}

import { setImmediate } from "node:timers/promises";
import { plainLine } from "../domain/plain-text.js";
import { type IsCut, promptLimits } from "../domain/records/cut-prompt.js";
import { type FirstToken, requireFirstToken } from "../domain/records/first-token.js";
import type { LogOrigin } from "../domain/records/log-origin.js";
import type { TtftRecord } from "../domain/records/record-kinds.js";
import type { CacheState } from "../domain/records/words.js";
import { CountedOnce, firstRows, repetitionWatch } from "./counted-once.js";
import { copiesOf } from "./duckdb/fetched-copies.js";
import { emptyFile, type LogProblem, summaryOf } from "./files/problem.js";
import { readRecords } from "./files/read-records.js";
import { shardPlaceOf } from "./files/shard-log.js";
import {
  filesOf,
  type LabelledFile,
  type LabelsOf,
  type LogSources,
  requireEveryLabel,
} from "./files/sources.js";
import { foreignReader } from "./foreign-reader.js";
import { onlyLogs } from "./found-logs.js";
import { labelOf, originOf, serverOf } from "./log-origin.js";
import { TTFT_PLACE, type TtftReadOptions } from "./read-ttft-logs.js";
import { ttftParser } from "./records/record-lines.js";
import { SummaryCell, type TtftSummaryRow } from "./summary-cell.js";
import { CellsFound, partialRuns, partsOfRuns } from "./whole-runs.js";

/** Options of a summary. */
export interface SummariseOptions extends TtftReadOptions {
  /** Whether to count requests whose cache state the server's report contradicts; default false. */
  readonly includeContradicted?: boolean;
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

/**
 * Counts, medians and quantiles of TTFT logs of any size by label, model, server, context and cache state, without keeping
 * their rows: memory grows with the number of cells and, by 8 bytes per request, with the largest file.
 *
 * Requests count as in `ttft.table`; logs in which a server cut prompts, or a line occurs twice, are read twice. Up to 10,000
 * requests per cell every number is exact (type 7); beyond that, quantiles come from `QuantileSketch` and are within 0.1 %.
 * Rows shared by two files are noticed if one file's first row is in the other: this is reported, and unlike in `ttft.read`
 * they are counted twice.
 *
 * @param sources a log's path, a folder, a glob (`*`, `?`, `**`), a list of these, or a map of labels to any of them.
 * @throws LogError for a file that can't be read, a glob without a match, (unless skipped) a bad line, or (unless allowed) a
 * run of which parts are missing; OptionError if no source is given.
 * @example await ttft.summarise({ vLLM: "results/vllm/*.jsonl" }) // [{ label: "vLLM", context_tokens: 1000, … }]
 */
export async function summariseTtftLogs<const S extends LogSources>(
  sources: S,
  {
    seedStates,
    includeContradicted = false,
    firstToken = "content",
    onBadLine,
    onProblem,
    allowPartial = false,
  }: SummariseOptions = {},
): Promise<readonly TtftSummaryRow<LabelsOf<S>>[]> {
  requireFirstToken(firstToken);
  const problems: LogProblem[] = [];
  const report = onProblem ?? ((problem: LogProblem) => problems.push(problem));
  const limits = promptLimits();
  let cells: Cells;
  let release = (): void => {};
  try {
    const named = await filesOf(sources, report);
    release = await copiesOf(named);
    const files = await onlyLogs(named, "ttft", report, foreignReader());
    const firsts = await firstRows(files);
    const once = new CountedOnce();
    const ofManyServers = withServersOfTheirOwn(files);
    const gather = async (isCut: IsCut, isAgain: boolean): Promise<Cells> => {
      const reportTo = isAgain ? () => {} : report;
      const gathered: Cells = new Map();
      const read: LabelledFile[] = [];
      const cellsOf = new Map<LabelledFile, CellsFound<TtftRecord>>();
      for (const file of files) {
        const parse = ttftParser({ label: (own) => file.label ?? own ?? file.name, seedStates });
        const withOrigin = originOf(file);
        const watch = repetitionWatch(file, firsts, reportTo);
        const first = once.firstReading(file);
        const stoodThere = once.secondReading(file);
        const isPart = shardPlaceOf(file.path) !== null;
        const found = new CellsFound(TTFT_PLACE);
        let count = 0;
        await readRecords(
          file.path,
          (value) => {
            const own = labelOf(value);
            const row = parse(value);
            watch(row);
            const placed = withOrigin(row, own);
            return ofManyServers.has(file) ? Object.assign(placed, { log_server: null }) : placed;
          },
          (row) => {
            count++;
            if (isPart) found.add(row);
            if (!isAgain) first.add(row);
            else if (stoodThere(row)) return;
            cellOf(gathered, row).add(row, { includeContradicted, firstToken, isCut });
          },
          { ...(onBadLine !== undefined && { onBadLine }), onProblem: reportTo },
        );
        if (!isAgain) first.done();
        if (count > 0) read.push(file);
        else if (!isPart) reportTo(emptyFile(file.path));
        cellsOf.set(file, found);
        await setImmediate();
      }
      requireEveryLabel(named, read);
      partialRuns(read, (file) => cellsOf.get(file)!, { allowPartial, report: reportTo });
      return gathered;
    };
    cells = await gather((row) => {
      limits.add(row);
      return false;
    }, false);
    // A server's limit becomes known only with longer contexts, and a repeated row only when all are read; then everything is
    // counted again.
    if (limits.found || once.hasFound) cells = await gather(limits.isCut, true);
    for (const problem of once.problems()) report(problem);
  } finally {
    release();
    for (const line of summaryOf(problems)) console.warn(plainLine(line));
  }
  const rows = [...cells.values()].flatMap((ofSeries) =>
    [...ofSeries.values()]
      .map((cell) => cell.row)
      .sort((a, b) => a.context_tokens - b.context_tokens || placeOf(a) - placeOf(b)),
  );
  // The parser gives every row its source's key, which the compiler can't follow.
  return rows as unknown as readonly TtftSummaryRow<LabelsOf<S>>[];
}

/** Files of runs whose parts had servers of their own: each is one run all the same, and has no one server. */
function withServersOfTheirOwn(files: readonly LabelledFile[]): ReadonlySet<LabelledFile> {
  const serversOf = (parts: readonly LabelledFile[]) =>
    new Set(parts.map(({ path }) => serverOf(path)).filter((server) => server !== null));
  return new Set(
    partsOfRuns(files)
      .filter((parts) => serversOf(parts).size > 1)
      .flat(),
  );
}

const STATES: readonly (CacheState | null)[] = ["cold", "warm", "flushed", null];
const placeOf = ({ cache_state }: TtftSummaryRow): number => STATES.indexOf(cache_state);

/** By series, and within each by context and state. */
type Cells = Map<string, Map<string, SummaryCell>>;

function cellOf(
  cells: Cells,
  { label: named, model, own_label, log_server, cache_state, ...row }: TtftRecord & LogOrigin,
): SummaryCell {
  const label = named ?? "unlabelled";
  const context_tokens = row.context_target ?? row.context_tokens;
  const series = [label, model, own_label, log_server].join("\n");
  const key = `${context_tokens} ${cache_state}`;
  const ofSeries = cells.get(series) ?? new Map<string, SummaryCell>();
  const cell =
    ofSeries.get(key) ??
    new SummaryCell({ label, model, own_label, log_server, context_tokens, cache_state });
  if (ofSeries.size === 0) cells.set(series, ofSeries);
  ofSeries.set(key, cell);
  return cell;
}

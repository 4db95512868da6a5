/** Something in a log that was not read as a record; never dropped silently. */
export interface LogProblem {
  readonly path: string;
  /** The line, from 1, if one line is at fault. */
  readonly line: number | null;
  /**
   * `bad line`: not JSON, not UTF-8, or not a record. `cut line`: the last line, cut by a crash. `empty file`: no
   * record at all. `repeated file`: given twice under one label, read once. `repeated rows`: the same requests twice,
   * in one file or two, counted once. `mixed schemas`: it lacks keys that other files have. `changed lines`: the log is not
   * as its runs left it, by the checksums in its manifest. `missing cells`: a run measured in parts lacks some of them.
   * `left out`: another tool's file holds requests that were not
   * read, or totals in their place; the message says why.
   */
  readonly kind:
    | "bad line"
    | "cut line"
    | "empty file"
    | "repeated file"
    | "repeated rows"
    | "mixed schemas"
    | "changed lines"
    | "missing cells"
    | "left out";
  /** One sentence with the path, the line and the reason. */
  readonly message: string;
}

/** The problem of a file without a record. */
export function emptyFile(path: string): LogProblem {
  return { path, line: null, kind: "empty file", message: `${path} contains no record.` };
}

/** The problem of a file in which rows stand twice that are one request. */
export function rowsTwice(path: string, count: number): LogProblem {
  const [stand, counted] = count === 1 ? ["1 row is", "it was"] : [`${count} rows are`, "they were"];
  const message = `${path}: ${stand} in it twice, as if a log had been appended to itself; ${counted} counted once.`;
  return { path, line: null, kind: "repeated rows", message };
}

/** What a run in parts lacks: whole parts, and cells of the others. */
export interface Lacking {
  readonly missing: number;
  readonly planned: number;
  readonly count: number;
  /** Parts of which there is nothing. */
  readonly absent: readonly number[];
  /** Those cells, each with what it lacks in brackets. */
  readonly lacking: readonly string[];
}

/** The problem of a run that is not whole. */
export function missingCells(run: string, { missing, planned, count, absent, lacking }: Lacking): LogProblem {
  const listed = (all: readonly string[]): string =>
    all.length <= MOST_NAMED
      ? all.join(", ")
      : `${all.slice(0, MOST_NAMED).join(", ")} and ${all.length - MOST_NAMED} more`;
  const parts =
    absent.length === 0
      ? []
      : [
          `nothing of ${absent.length === 1 ? "part" : "parts"} ${listed(absent.map(String))} of ${count} (from 0) is there`,
        ];
  const without = lacking.length === 0 ? [] : [`not measured in full: ${listed(lacking)}`];
  const message = `${run} lacks ${missing} of ${planned} cells: ${[...parts, ...without].join("; ")}.`;
  return { path: run, line: null, kind: "missing cells", message };
}

const MOST_NAMED = 8;

/** One sentence for each file and kind of problem, however many lines are concerned. */
export function summaryOf(problems: readonly LogProblem[]): string[] {
  const groups = new Map<string, LogProblem[]>();
  for (const problem of problems) {
    const key = JSON.stringify([problem.path, problem.kind]);
    const group = groups.get(key);
    if (group) group.push(problem);
    else groups.set(key, [problem]);
  }
  return [...groups.values()].map((group) => {
    const first = group[0]!;
    if (group.length === 1) return first.message;
    return `${first.path}: ${group.length} ${first.kind.replace(/row$|line$/, "$&s")}; the first: ${first.message}`;
  });
}

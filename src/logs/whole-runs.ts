import { group } from "d3-array";
import { LogError } from "../domain/errors/errors.js";
import { isObject } from "../domain/json.js";
import { readManifest } from "./files/manifest.js";
import { type LogProblem, missingCells } from "./files/problem.js";
import { shardPlaceOf } from "./files/shard-log.js";

/** The rows of one file, by their places among all rows. */
export interface FileRows {
  readonly path: string;
  readonly start: number;
  /** The place after the last. */
  readonly end: number;
}

/** Which cell of its run's plan a row belongs to, and which of the requests that every cell has it is. */
export interface CellOf<R> {
  readonly cell: (row: R) => string;
  readonly arm: (row: R) => string;
  /** Whether a cell without the other arms is whole all the same, such as a trial whose cold request failed. */
  readonly isWhole?: (row: R) => boolean;
}

/** What the manifest of one part says of the plan. */
interface Part {
  readonly path: string;
  readonly index: number;
  readonly plan: string;
  readonly count: number;
  readonly plannedCells: number;
  readonly cells: readonly string[];
}

/** A run whose parts do not hold all that was planned. */
export interface PartialRun {
  readonly missing: number;
  readonly planned: number;
  /** The files that hold the rest. */
  readonly files: readonly FileRows[];
}

/**
 * Checks that runs measured in parts are whole: the parts are of one plan, none is missing, and none lacks a cell.
 *
 * @param allowPartial whether a run that is not whole is reported and returned; otherwise it is refused.
 * @throws LogError where parts are of several plans, or, unless allowed, where some of a plan is missing.
 */
export function partialRuns<R>(
  files: readonly FileRows[],
  rows: readonly R[],
  of: CellOf<R>,
  {
    allowPartial,
    report,
  }: { readonly allowPartial: boolean; readonly report: (problem: LogProblem) => void },
): readonly PartialRun[] {
  return partsOfRuns(files).flatMap((own) => {
    const { run } = shardPlaceOf(own[0]!.path)!;
    const parts = own.map((file) => partOf(file.path));
    const [first] = parts as [Part];
    const other = parts.find(({ plan, count }) => plan !== first.plan || count !== first.count);
    if (other !== undefined) throw twoPlans(run, first, other);
    const found = cellsFound(own, rows, of);
    const lacking = parts.flatMap(({ index, cells }) =>
      cells.filter((cell) => !found.has(cell)).map((cell) => ({ index, cell })),
    );
    const expected = Math.min(first.count, first.plannedCells);
    const there = new Set(parts.map(({ index }) => index));
    const absent = Array.from({ length: expected }, (_, index) => index).filter((index) => !there.has(index));
    const missing = lacking.length + absent.reduce((sum, index) => sum + cellsDealt(first, index), 0);
    if (missing === 0) return [];
    const said = missingCells(run, {
      missing,
      planned: first.plannedCells,
      count: first.count,
      absent,
      lacking,
    });
    if (!allowPartial) {
      throw new LogError(
        `${said.message} Start these parts again, or read what there is with --allow-partial (allowPartial: true).`,
        { path: run },
      );
    }
    report(said);
    return [{ missing, planned: first.plannedCells, files: own }];
  });
}

/** The files of runs measured in parts, run by run. */
export function partsOfRuns<F extends { readonly path: string }>(
  files: readonly F[],
): readonly (readonly F[])[] {
  const parts = files.filter(({ path }) => shardPlaceOf(path) !== null);
  return [...group(parts, ({ path }) => shardPlaceOf(path)!.run).values()];
}

/** How many cells fall to a part, as they are dealt out one by one. */
const cellsDealt = ({ plannedCells, count }: Part, index: number): number =>
  Math.floor((plannedCells - index - 1) / count) + 1;

/** The cells of which all arms are there that the run has. */
function cellsFound<R>(files: readonly FileRows[], rows: readonly R[], of: CellOf<R>): ReadonlySet<string> {
  const armsOf = new Map<string, Set<string>>();
  const whole = new Set<string>();
  const all = new Set<string>();
  for (const { start, end } of files) {
    for (let place = start; place < end; place++) {
      const row = rows[place]!;
      const [cell, arm] = [of.cell(row), of.arm(row)];
      all.add(arm);
      armsOf.set(cell, (armsOf.get(cell) ?? new Set()).add(arm));
      if (of.isWhole?.(row)) whole.add(cell);
    }
  }
  return new Set(
    [...armsOf].filter(([cell, arms]) => arms.size === all.size || whole.has(cell)).map(([cell]) => cell),
  );
}

/** @throws LogError where the manifest does not say which part it is of what. */
function partOf(path: string): Part {
  const options = readManifest(path)?.options ?? {};
  const { plan_id, planned_cells, shard, shard_cells } = options;
  if (
    typeof plan_id === "string" &&
    typeof planned_cells === "number" &&
    isObject(shard) &&
    typeof shard.index === "number" &&
    typeof shard.count === "number" &&
    Array.isArray(shard_cells)
  ) {
    return {
      ...{ path, plan: plan_id, plannedCells: planned_cells, count: shard.count, index: shard.index },
      cells: shard_cells.map(String),
    };
  }
  throw new LogError(
    `${path} is a part of a run by its name, but the manifest beside it does not say of which plan: restore it, or rename the folder to read the log alone.`,
    { path },
  );
}

function twoPlans(run: string, first: Part, other: Part): LogError {
  const told = ({ path, plan, count }: Part) => `${path} is of plan ${plan} in ${count} parts`;
  return new LogError(
    `The parts in ${run} are not of one run: ${told(first)}, and ${told(other)}. Read them apart, or start the run again in a new folder.`,
    { path: run },
  );
}

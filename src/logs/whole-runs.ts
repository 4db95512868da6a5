import { basename, resolve } from "node:path";
import { group } from "d3-array";
import { LogError } from "../domain/errors/errors.js";
import { isObject } from "../domain/json.js";
import { readManifest } from "./files/manifest.js";
import { type LogProblem, missingCells } from "./files/problem.js";
import { shardPlaceOf } from "./files/shard-log.js";

/** A file of a run measured in parts, under the label of its source. */
export interface PartFile {
  readonly label: string | null;
  readonly path: string;
}

/** Which cell of its run's plan a row belongs to, and which of the requests that every cell has it is. */
export interface CellOf<R> {
  readonly cell: (row: R) => string;
  readonly arm: (row: R) => string;
  /** How many arms a cell has by the options in its run's manifest. */
  readonly armsOf: (options: Readonly<Record<string, unknown>>) => number;
  /** Whether a cell that ends with this row is whole all the same, such as a trial whose cold request failed. */
  readonly isWhole?: (row: R) => boolean;
}

/** What the manifest of one part says of the plan. */
interface Part {
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly index: number;
  readonly plan: string;
  readonly count: number;
  readonly plannedCells: number;
  readonly cells: readonly string[];
  /** The requests of each cell, where all parts send some of them; null where whole cells are dealt out. */
  readonly requests: ReadonlyMap<string, number> | null;
  /** When all parts start, and how long they have for each cell, where that is stated. */
  readonly start: string | null;
}

/** A run whose parts do not hold all that was planned. */
export interface PartialRun<F> {
  readonly missing: number;
  readonly planned: number;
  /** The files that hold the rest. */
  readonly files: readonly F[];
}

/**
 * Checks that runs measured in parts are whole: the parts are of one plan, none is missing, and none lacks a cell.
 *
 * @param cellsOf the cells that a file holds.
 * @param allowPartial whether a run that is not whole is reported and returned; otherwise it is refused.
 * @throws LogError where parts are of several plans, or, unless allowed, where some of a plan is missing.
 */
export function partialRuns<R, F extends PartFile>(
  files: readonly F[],
  cellsOf: (file: F) => CellsFound<R>,
  {
    allowPartial,
    report,
  }: { readonly allowPartial: boolean; readonly report: (problem: LogProblem) => void },
): readonly PartialRun<F>[] {
  return partsOfRuns(files).flatMap((own) => {
    const { run } = shardPlaceOf(own[0]!.path)!;
    requireOneLogEach(own);
    const parts = own.map((file) => ({ ...partOf(file.path), found: cellsOf(file) }));
    const [first] = parts as [(typeof parts)[number]];
    const other = parts.find(({ plan, count }) => plan !== first.plan || count !== first.count);
    if (other !== undefined) throw twoPlans(run, first, other);
    const later = parts.find(({ start }) => start !== first.start);
    if (later !== undefined) throw twoStarts(run, first, later);
    const lacking = first.requests === null ? lackingCells(parts) : lackingRequests(parts, first.requests);
    // Of requests that are dealt out, some parts may have none: that one is not there means something only where some are missing.
    const expected = first.requests === null ? Math.min(first.count, first.plannedCells) : first.count;
    const there = new Set(parts.map(({ index }) => index));
    const absent = Array.from({ length: expected }, (_, index) => index).filter((index) => !there.has(index));
    const without = first.requests === null ? absent : [];
    const missing = lacking.length + without.reduce((sum, index) => sum + cellsDealt(first, index), 0);
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

/** The files of runs measured in parts, run by run; a run that is read under two labels is two. */
export function partsOfRuns<F extends PartFile>(files: readonly F[]): readonly (readonly F[])[] {
  const parts = files.filter(({ path }) => shardPlaceOf(path) !== null);
  const runOf = ({ label, path }: F) => JSON.stringify([label, resolve(shardPlaceOf(path)!.run)]);
  return [...group(parts, runOf).values()];
}

/**
 * A part may lie there twice, as one that was packed and then resumed. Which of them is the part can't be told where only one has a
 * manifest.
 */
function requireOneLogEach(files: readonly PartFile[]): void {
  for (const [index, own] of group(files, ({ path }) => shardPlaceOf(path)!.index)) {
    if (own.length < 2 || own.every(({ path }) => readManifest(path) !== null)) continue;
    const names = own.map(({ path }) => basename(path)).sort();
    throw new LogError(
      `Part ${index} of ${shardPlaceOf(own[0]!.path)!.run} has ${own.length} logs: ${names.join(", ")}. ` +
        "Keep the one that is whole, with its manifest, and move the others away.",
      { path: own[0]!.path },
    );
  }
}

interface FoundPart<R> extends Part {
  readonly found: CellsFound<R>;
}

/** The cells that parts lack of their own; a part may lie there twice, such as packed and not. */
const lackingCells = <R>(parts: readonly FoundPart<R>[]): readonly string[] =>
  [...group(parts, ({ index }) => index)].flatMap(([index, copies]) =>
    copies[0]!.cells
      .filter((cell) => !copies.some(({ found, options }) => found.has(cell, options)))
      .map((cell) => `${cell} (part ${index})`),
  );

/** The cells of which all parts together lack requests. */
const lackingRequests = <R>(
  parts: readonly FoundPart<R>[],
  requests: ReadonlyMap<string, number>,
): readonly string[] =>
  [...requests].flatMap(([cell, planned]) => {
    const there = new Set(parts.flatMap(({ found }) => [...found.armsOf(cell)])).size;
    return there >= planned ? [] : [`${cell} (${there} of ${planned} requests)`];
  });

/** How many cells fall to a part, as they are dealt out one by one. */
const cellsDealt = ({ plannedCells, count }: Part, index: number): number =>
  Math.floor((plannedCells - index - 1) / count) + 1;

/** The cells that one file holds, row by row. */
export class CellsFound<R> {
  readonly #of: CellOf<R>;
  readonly #arms = new Map<string, Set<string>>();
  /** Those whose last row says that none is to follow. */
  readonly #ended = new Set<string>();

  constructor(of: CellOf<R>) {
    this.#of = of;
  }

  add(row: R): void {
    const cell = this.#of.cell(row);
    this.#arms.set(cell, (this.#arms.get(cell) ?? new Set()).add(this.#of.arm(row)));
    if (this.#of.isWhole?.(row)) this.#ended.add(cell);
    else this.#ended.delete(cell);
  }

  /** Those of a cell that are there. */
  armsOf(cell: string): ReadonlySet<string> {
    return this.#arms.get(cell) ?? new Set();
  }

  /** Whether all that a cell has in a run with these options is there. */
  has(cell: string, options: Readonly<Record<string, unknown>>): boolean {
    return (this.#arms.get(cell)?.size ?? 0) >= this.#of.armsOf(options) || this.#ended.has(cell);
  }
}

/** @throws LogError where the manifest does not say which part it is of what. */
function partOf(path: string): Part {
  const options = readManifest(path)?.options ?? {};
  const { plan_id, planned_cells, shard, shard_cells, cell_requests, start_at, slot_seconds } = options;
  if (
    typeof plan_id === "string" &&
    typeof planned_cells === "number" &&
    isObject(shard) &&
    typeof shard.index === "number" &&
    typeof shard.count === "number" &&
    (Array.isArray(shard_cells) || isObject(cell_requests))
  ) {
    return {
      options,
      ...{ path, plan: plan_id, plannedCells: planned_cells, count: shard.count, index: shard.index },
      cells: Array.isArray(shard_cells) ? shard_cells.map(String) : [],
      requests: isObject(cell_requests)
        ? new Map(Object.entries(cell_requests).map(([cell, planned]) => [cell, Number(planned)]))
        : null,
      start:
        typeof start_at === "string"
          ? [start_at, ...(typeof slot_seconds === "number" ? [`${slot_seconds} s a block`] : [])].join(", ")
          : null,
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

function twoStarts(run: string, first: Part, other: Part): LogError {
  const told = ({ path, start }: Part) => `${path} at ${start}`;
  return new LogError(
    `The parts in ${run} did not start together: ${told(first)}, and ${told(other)}. Requests of two times are not one load; start it again in a new folder.`,
    { path: run },
  );
}

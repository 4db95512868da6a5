import { isObject } from "../domain/json.js";
import { blendCell, loadCell, qualityCell } from "../domain/records/cells.js";
import type { Columns } from "../domain/records/column.js";
import { BLEND_COLUMNS, QUALITY_COLUMNS } from "../domain/records/columns.js";
import { LOAD_COLUMNS } from "../domain/records/load-columns.js";
import type { LogOrigin } from "../domain/records/log-origin.js";
import type { BlendRecord, Labelled, LoadRecord, QualityRecord } from "../domain/records/record-kinds.js";
import type { ReadOptions } from "./files/jsonl.js";
import type { LogSources } from "./files/sources.js";
import { readLogs } from "./read-logs.js";
import type { RecordKind } from "./record-kind.js";
import { blendParser, loadParser, qualityParser } from "./records/record-lines.js";
import type { RecordParser } from "./records/record-parser.js";
import type { CellOf } from "./whole-runs.js";

/** The rows of blend logs, each with the label of its method. */
export type BlendRows = readonly (Labelled<string, BlendRecord> & LogOrigin)[];

/** The rows of quality logs, each with the label of its method. */
export type QualityRows = readonly (Labelled<string, QualityRecord> & LogOrigin)[];

/** The rows of load logs, each with the label of its method. */
export type LoadRows = readonly (Labelled<string, LoadRecord> & LogOrigin)[];

/**
 * Reads and merges blend logs in the order they are given.
 *
 * A row keeps its own label, the method's. If sources are a map, the source's key is put before it, as in `A40: CacheBlend
 * 15%`, because the same label on two machines stands for two things.
 *
 * @param sources a log's path, a folder, a glob (`*`, `?`, `**`), a list of these, or a map of labels to any of them.
 * @throws LogError for a file that can't be read, a glob without a match, or (unless skipped) a bad line; OptionError if no
 * source is given.
 * @example
 * const rows = await blend.read({ A40: "a40/blend.jsonl", H100: "h100/blend.jsonl" });
 * rows[0].label // "A40: CacheBlend 15%"
 */
export async function readBlendLogs(sources: LogSources, options: ReadOptions = {}): Promise<BlendRows> {
  return (await readMethodLogs(
    sources,
    "blend",
    BLEND_COLUMNS,
    blendParser,
    answeredByAll<BlendRecord>(blendCell),
    options,
  )) as BlendRows;
}

/**
 * Reads and merges quality logs in the order they are given, with labels as `blend.read` gives them.
 *
 * @param sources a log's path, a folder, a glob (`*`, `?`, `**`), a list of these, or a map of labels to any of them.
 * @throws LogError for a file that can't be read, a glob without a match, or (unless skipped) a bad line; OptionError if no
 * source is given.
 * @example
 * const rows = await quality.read("results/quality.jsonl");
 * rows[0].label // "CacheBlend 15%"
 */
export async function readQualityLogs(sources: LogSources, options: ReadOptions = {}): Promise<QualityRows> {
  return (await readMethodLogs(
    sources,
    "quality",
    QUALITY_COLUMNS,
    qualityParser,
    answeredByAll<QualityRecord>(qualityCell),
    options,
  )) as QualityRows;
}

/**
 * Reads and merges the logs of loads in the order they are given, with labels as `blend.read` gives them.
 *
 * @param sources a log's path, a folder, a glob (`*`, `?`, `**`), a list of these, or a map of labels to any of them.
 * @throws LogError for a file that can't be read, a glob without a match, or (unless skipped) a bad line; OptionError if no
 * source is given.
 * @example
 * const rows = await load.read("results/load.jsonl");
 * rows[0].label // "Prefix cache"
 */
export async function readLoadLogs(sources: LogSources, options: ReadOptions = {}): Promise<LoadRows> {
  // All parts of a run send requests of each cell: its manifest says how many there are.
  const place: CellOf<LoadRecord> = {
    cell: loadCell,
    arm: ({ run_index }) => String(run_index),
    armsOf: () => 0,
  };
  return (await readMethodLogs(sources, "load", LOAD_COLUMNS, loadParser, place, options)) as LoadRows;
}

function readMethodLogs<R extends { readonly label: string | null; readonly ttft_seconds: number | null }>(
  sources: LogSources,
  kind: RecordKind,
  columns: Columns,
  parserOf: (labelOf: (own: string | null) => string | null) => RecordParser<R>,
  place: CellOf<R>,
  options: ReadOptions,
): Promise<(R & LogOrigin)[]> {
  return readLogs<R>(
    sources,
    {
      kind,
      columns,
      parserFor: ({ label, name }) =>
        parserOf((own) => (label === null ? (own ?? name) : own === null ? label : `${label}: ${own}`)),
      place,
      fingerprintOf: (row) => row.ttft_seconds,
    },
    options,
  );
}

/** The cells of a comparison, which each method answers once. */
const answeredByAll = <R extends { readonly label: string | null }>(cell: (row: R) => string): CellOf<R> => ({
  cell,
  arm: ({ label }) => String(label),
  armsOf: methodsOf,
});

/** How many methods answered each cell. */
const methodsOf = ({ methods }: Readonly<Record<string, unknown>>): number =>
  isObject(methods) ? Object.keys(methods).length : 1;

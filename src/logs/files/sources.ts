import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { group } from "d3-array";
import { LogError, OptionError } from "../../domain/errors/errors.js";
import { isRemote } from "../duckdb/copies.js";
import { foundOnS3 } from "../duckdb/found-on-s3.js";
import { isLogName } from "../duckdb/log-names.js";
import { expandGlob, filesIn, isGlob } from "./glob.js";
import type { LogProblem } from "./problem.js";
import { shardPlaceOf } from "./shard-log.js";

/**
 * A log's path, a folder of logs, a glob (`*`, `?`, `**`), or several of them: JSONL, and with `@duckdb/node-api` installed also
 * Parquet and `s3://`.
 */
export type LogSource = string | readonly string[];

/** One source, or several by the labels under which they are compared. */
export type LogSources = LogSource | { readonly [label: string]: LogSource };

/** The labels of a map of sources; any text where there is no map. */
export type LabelsOf<S extends LogSources> = S extends LogSource ? string : `${keyof S & (string | number)}`;

/** A file to read; `label` is null where the sources are not a map. */
export interface LabelledFile {
  readonly label: string | null;
  readonly path: string;
  /** What its rows are called where neither they nor the sources give a label. */
  readonly name: string;
  /** It was found in a folder, not named itself, and may be something else than what is looked for. */
  readonly isFound?: true;
  /** Of a log on S3, the address of the manifest beside it. */
  readonly manifest?: string;
}

/**
 * The files that sources name, in their order; a file given twice under one label is reported and listed once.
 *
 * A folder stands for what looks like a log or a result file in it, at any depth.
 *
 * @throws OptionError when no source is given; LogError when a glob matches no file, a folder has none, or S3 does not answer.
 */
export async function filesOf(
  sources: LogSources,
  onProblem: (problem: LogProblem) => void,
): Promise<LabelledFile[]> {
  const isPlain = typeof sources === "string" || Array.isArray(sources);
  const groups: (readonly [string | null, LogSource])[] = isPlain
    ? [[null, sources as LogSource]]
    : Object.entries(sources as Readonly<Record<string, LogSource>>);
  if (groups.length === 0) throw new OptionError("sources", "must name at least one log", "{}");
  const found: [string | null, readonly FoundPath[]][] = [];
  for (const [label, source] of groups) found.push([label, await pathsOf(label, source)]);
  const files = found.flatMap(([label, paths]) => {
    const seen = new Set<string>();
    return paths.flatMap(({ path, isFound, manifest }) => {
      const identity = realpath(path);
      if (!seen.has(identity)) {
        seen.add(identity);
        return [{ label, path, ...(isFound && { isFound }), ...(manifest && { manifest }) }];
      }
      const under = label === null ? "" : ` under "${label}"`;
      onProblem({
        path,
        line: null,
        kind: "repeated file",
        message: `${path} is given twice${under}; it was read once.`,
      });
      return [];
    });
  });
  const names = distinctNames(files.map(({ path }) => shardPlaceOf(path)?.run ?? path));
  return files.map((file, index) => ({ ...file, name: names[index]! }));
}

/**
 * Refuses a label whose files contain no record; otherwise a comparison would silently be smaller.
 *
 * @throws LogError
 */
export function requireEveryLabel(files: readonly LabelledFile[], read: Iterable<LabelledFile>): void {
  const labels = new Set(Array.from(read, ({ label }) => label));
  const lacking = files.find(({ label }) => label !== null && !labels.has(label));
  if (lacking === undefined) return;
  const { label, path } = lacking;
  throw new LogError(`There is nothing to compare under "${label}": ${path} contains no record.`, { path });
}

/**
 * The names of files without `.jsonl`, each with as many of its folders as needed to make it unique: logs of the same name in
 * two folders are two things.
 *
 * @example distinctNames(["a/all.jsonl", "b/all.jsonl", "c.jsonl"]) // ["a/all", "b/all", "c"]
 */
export function distinctNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) =>
    resolve(path)
      .replace(/\.(jsonl|parquet)$/, "")
      .split(/[\\/]/),
  );
  const names = new Array<string>(paths.length);
  let unnamed = parts.map((_, index) => index);
  for (let count = 1; unnamed.length > 0; count++) {
    const bySuffix = group(unnamed, (index) => parts[index]!.slice(-count).join("/"));
    unnamed = [];
    for (const [suffix, indices] of bySuffix) {
      const files = new Set(indices.map((index) => parts[index]!.join("/")));
      for (const index of indices) {
        if (files.size > 1) unnamed.push(index);
        else names[index] = suffix;
      }
    }
  }
  return names;
}

async function pathsOf(label: string | null, source: LogSource): Promise<FoundPath[]> {
  const option = label === null ? "sources" : `sources["${label}"]`;
  const patterns = typeof source === "string" ? [source] : source;
  if (!Array.isArray(patterns) || patterns.length === 0) {
    throw new OptionError(option, "must be a path, a glob, or an array of them", source);
  }
  const found = patterns.map((pattern: unknown) => {
    if (typeof pattern !== "string" || pattern === "") {
      throw new OptionError(option, "must hold paths or globs", pattern);
    }
    if (isRemote(pattern)) return foundOnS3(pattern);
    if (isFolder(pattern)) return logsIn(pattern);
    if (!isGlob(pattern)) return [{ path: pattern }];
    const paths = expandGlob(pattern);
    if (paths.length === 0) {
      throw new LogError(`No file matches ${pattern} (looked from ${process.cwd()}).`, { path: pattern });
    }
    return paths.map((path) => ({ path }));
  });
  return (await Promise.all(found)).flat();
}

type FoundPath = Pick<LabelledFile, "path" | "isFound" | "manifest">;

function logsIn(folder: string): FoundPath[] {
  const paths = filesIn(folder).filter(isLogName);
  if (paths.length === 0) throw new LogError(`There is no log in the folder ${folder}.`, { path: folder });
  return paths.map((path) => ({ path, isFound: true }));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The file behind a path and its links, so that two spellings of one file are seen to be the same. */
function realpath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

import { group } from "d3-array";
import { FirstTokenError } from "../domain/errors/errors.js";
import type { TotalRow } from "../domain/records/total.js";
import { withoutSecrets } from "../domain/secrets/named-secrets.js";
import { copiesOf } from "./duckdb/fetched-copies.js";
import type { ReadOptions } from "./files/jsonl.js";
import { type ManifestEntry, readManifest } from "./files/manifest.js";
import type { LogProblem } from "./files/problem.js";
import { shardPlaceOf } from "./files/shard-log.js";
import { filesOf, type LabelledFile, type LogSources, requireEveryLabel } from "./files/sources.js";
import type { ForeignResult } from "./foreign/foreign-result.js";
import { problemsOf } from "./foreign/read-foreign.js";
import { foreignReader } from "./foreign-reader.js";
import { onlyLogs } from "./found-logs.js";
import {
  type BlendRows,
  type LoadRows,
  type QualityRows,
  readBlendLogs,
  readLoadLogs,
  readQualityLogs,
} from "./read-method-logs.js";
import { type ProxyRows, readProxyLogs } from "./read-proxy-logs.js";
import { totalsOf } from "./read-totals.js";
import { readTtftLogs, type TtftRows } from "./read-ttft-logs.js";
import { type RecordKind, recordKindOf } from "./record-kind.js";

/** A log, what it is about, and the manifest of its run: null where there is none, or the reason it can't be read. */
export interface DescribedLog {
  readonly path: string;
  readonly kind: RecordKind;
  /** The tool whose result file it is, and its version if the file says; null for a log of this package. */
  readonly tool: string | null;
  readonly manifest: ManifestEntry | { readonly unreadable: string } | null;
}

/** The rows of logs of several kinds. */
export interface LogsByKind {
  readonly ttft: TtftRows;
  readonly blend: BlendRows;
  readonly quality: QualityRows;
  readonly load: LoadRows;
  readonly proxy: ProxyRows;
  /** What other tools computed themselves, of runs whose requests their files do not hold. */
  readonly totals: readonly TotalRow[];
  readonly logs: readonly DescribedLog[];
  readonly problems: readonly LogProblem[];
}

/**
 * Reads logs of any kind, distinguished by their keys, with the manifests beside them.
 *
 * API keys in foreign or edited logs are removed from all texts, as in writing.
 *
 * @throws LogError for a file that can't be read or is not a log, or (unless skipped) a bad line; OptionError if no source is
 * given.
 */
export async function readByKind(
  sources: LogSources,
  options: Pick<ReadOptions, "onBadLine" | "allowPartial"> = {},
): Promise<LogsByKind> {
  const problems: LogProblem[] = [];
  const named = await filesOf(sources, (problem) => void problems.push(problem));
  const release = await copiesOf(named);
  try {
    return await readFiles(named, problems, options);
  } finally {
    release();
  }
}

async function readFiles(
  named: readonly LabelledFile[],
  problems: LogProblem[],
  { onBadLine, allowPartial = false }: Pick<ReadOptions, "onBadLine" | "allowPartial">,
): Promise<LogsByKind> {
  const onProblem = (problem: LogProblem) => void problems.push(problem);
  const files: (LabelledFile & Pick<DescribedLog, "kind" | "tool">)[] = [];
  const readForeign = foreignReader();
  const options = {
    onProblem,
    allowPartial,
    foreign: readForeign,
    ...(onBadLine !== undefined && { onBadLine }),
  };
  const totals: TotalRow[] = [];
  const onlyTotals: LabelledFile[] = [];
  for (const file of await onlyLogs(named, "any", onProblem, readForeign)) {
    const foreign = readForeign(file.path, options);
    for (const row of totalsOf(file, foreign)) totals.push(row);
    if (foreign !== null && foreign.lines.length === 0) {
      for (const problem of problemsOf(file.path, foreign)) onProblem(problem);
      onlyTotals.push(file);
      continue;
    }
    const kind = foreign?.kind ?? (await recordKindOf(file.path));
    // Without a record to show its kind, any reader can distinguish an empty file from one whose lines are all bad.
    if (kind === null && shardPlaceOf(file.path) === null) await readTtftLogs(file.path, options);
    else if (kind !== null) files.push({ ...file, kind, tool: toolOf(foreign) });
  }
  requireEveryLabel(named, [...files, ...onlyTotals]);
  const read = async <R>(
    kind: RecordKind,
    readLogs: (sources: LogSources, options: ReadOptions) => Promise<readonly R[]>,
  ): Promise<readonly R[]> => {
    const own = files.filter((file) => file.kind === kind);
    return own.length === 0 ? [] : clean(await readLogs(sourcesOf(own), options));
  };
  return {
    ttft: await read("ttft", readTtftLogs),
    blend: await read("blend", readBlendLogs),
    quality: await read("quality", readQualityLogs),
    load: await read("load", readLoadLogs),
    proxy: await read("proxy", readProxyLogs),
    totals: clean(totals),
    logs: files.map(({ path, kind, tool }) => ({ path, kind, tool, manifest: manifestOf(path) })),
    problems,
  };
}

/** The sources that name these files under the labels they have. */
function sourcesOf(files: readonly LabelledFile[]): LogSources {
  const paths = (of: readonly LabelledFile[]) => of.map(({ path }) => path);
  const byLabel = [...group(files, ({ label }) => label)];
  const [[first]] = byLabel as [[string | null, unknown]];
  return first === null
    ? paths(files)
    : Object.fromEntries(byLabel.map(([label, labelled]) => [label, paths(labelled)]));
}

const toolOf = (result: ForeignResult | null): string | null =>
  result === null ? null : result.version === null ? result.tool : `${result.tool} ${result.version}`;

function manifestOf(path: string): DescribedLog["manifest"] {
  try {
    return withoutSecrets(readManifest(path));
  } catch (error) {
    if (error instanceof FirstTokenError) return { unreadable: error.message };
    throw error;
  }
}

/** In a foreign log, errors and labels could contain a key. */
function clean<R>(rows: readonly R[]): readonly R[] {
  return rows.map((row) => withoutSecrets(row));
}

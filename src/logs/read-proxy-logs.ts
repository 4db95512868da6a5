import { PROXY_COLUMNS } from "../domain/records/columns.js";
import type { LogOrigin } from "../domain/records/log-origin.js";
import type { Labelled, ProxyRecord } from "../domain/records/record-kinds.js";
import type { ReadOptions } from "./files/jsonl.js";
import type { LogSources } from "./files/sources.js";
import { readLogs } from "./read-logs.js";
import { proxyParser } from "./records/record-lines.js";

/** The rows of proxy logs, each with the label of its proxy. */
export type ProxyRows = readonly (Labelled<string, ProxyRecord> & LogOrigin)[];

/**
 * Reads and merges proxy logs in the order they are given.
 *
 * A row keeps its own label, the proxy's. If sources are a map, the source's key is put before it, as in `v1.80: litellm`,
 * because one proxy measured twice is two things. A row without a label gets the source's key, else the file's name without
 * `.jsonl`.
 *
 * @param sources a log's path, a folder, a glob (`*`, `?`, `**`), a list of these, or a map of labels to any of them.
 * @throws LogError for a file that can't be read, a glob without a match, or (unless skipped) a bad line; OptionError if no
 * source is given.
 * @example
 * const rows = await proxy.read({ "v1.79": "results/v1.79.jsonl", "v1.80": "results/v1.80.jsonl" });
 * rows[0].label // "v1.79: litellm"
 */
export async function readProxyLogs(sources: LogSources, options: ReadOptions = {}): Promise<ProxyRows> {
  const rows = await readLogs<ProxyRecord>(
    sources,
    {
      kind: "proxy",
      columns: PROXY_COLUMNS,
      parserFor: ({ label, name }) =>
        proxyParser((own) => (label === null ? (own ?? name) : own === null ? label : `${label}: ${own}`)),
      fingerprintOf: (row) => row.e2e_seconds,
    },
    options,
  );
  // The parser gives every row a label, which the compiler can't follow.
  return rows as ProxyRows;
}

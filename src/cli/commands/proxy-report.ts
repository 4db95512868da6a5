import { dirname, resolve } from "node:path";
import { makeFolder, whyNotWritten, writeWhole } from "../../disk/written-file.js";
import { LogError } from "../../domain/errors/errors.js";
import { plainText } from "../../domain/plain-text.js";
import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import { proxySubjects } from "../../report/gates/proxy-subjects.js";
import { proxyChart } from "../../report/proxy/proxy-chart.js";
import {
  medianRun,
  originalRuns,
  runLines,
  summaryJson,
  summaryLines,
} from "../../report/proxy/proxy-summary.js";
import { proxyTable } from "../../report/proxy/proxy-table.js";
import { proxyVerdicts, streamingVerdicts } from "../../report/proxy/proxy-verdict.js";
import { streamingTable } from "../../report/proxy/streaming-table.js";
import { Table } from "../../tables/table.js";
import { shownPath } from "../flags/log-on-s3.js";
import type { Console, TableFormat } from "../screen/console.js";
import { drawChart } from "../screen/drawn-chart.js";
import { gateFailed, gatesJson, sayGates } from "../screen/gates-screen.js";
import { printTable } from "../screen/table-screen.js";
import type { ProxyFlags } from "./proxy-flags.js";

/** From this share of the time on, a provider has none left. */
const BUSY = 0.9;

/** What a report says beside its rows. */
export interface ReportFacts {
  readonly revision: string;
  readonly format: TableFormat;
  readonly out: string;
  readonly proxyLog: string | null;
  /** CPU seconds of the provider for each second of its busiest block; null where it does not say. */
  readonly providerCpu: number | null;
}

/** Prints a proxy run: LiteLLM's lines first, then the tables and the verdict; writes the JSON where it is asked for. Says whether a gate failed. */
export async function printProxyReport(
  { out, err }: Console,
  flags: ProxyFlags,
  rows: readonly ProxyRecord[],
  facts: ReportFacts,
): Promise<{ readonly gateFailed: boolean }> {
  const named = { label: flags.label, revision: facts.revision };
  const runs = originalRuns(rows, flags.measureFullStream);
  const run = medianRun(runs);
  const shown = flags.percentiles === undefined ? {} : { percentiles: flags.percentiles };
  const [table, streams] = [proxyTable(rows, shown), streamingTable(rows)];
  const gates = sayGates({ err }, flags.failIf, () => proxySubjects(rows));
  const verdict = [
    ...proxyVerdicts(table.rows),
    ...streamingVerdicts(streams.rows),
    ...providerVerdict(facts.providerCpu),
  ];
  const json = summaryJson(run, named, {
    proxy_log_path: facts.proxyLog === null ? null : resolve(facts.proxyLog),
    firsttoken: {
      log: shownPath(facts.out),
      overhead: table.rows,
      provider_cpu: facts.providerCpu,
      streams: streams.rows,
      verdict,
      ...(gates !== null && {
        gates: gatesJson(gates),
      }),
    },
  });
  const { format } = facts;
  if (format === "json") out.write(json);
  if (format === "text") out.write(plainText(`${runLines(runs) + summaryLines(run, named)}\n`));
  printTable(
    { out, err },
    table.as((parts) => new Table({ ...parts, verdict })),
    format,
  );
  if (format === "csv")
    err.write("The table of the streams is in --format json, and in `firsttoken report`.\n");
  else if (format !== "json") {
    out.write("\n");
    printTable({ out, err }, streams, format);
  }
  await drawChart({ err }, flags, () => proxyChart(rows));
  const unpaced = flags.providerUrl === undefined && flags.providerChunkGapMs === 0;
  if (unpaced) err.write("To see whether the proxy holds chunks back, give --provider-chunk-gap-ms 20.\n");
  err.write(`Log: ${shownPath(facts.out)}\n`);
  if (facts.proxyLog !== null) err.write(`The proxy's log: ${facts.proxyLog}\n`);
  if (flags.outputJson !== undefined) writeJson(flags.outputJson, json);
  return { gateFailed: gateFailed(gates) };
}

function providerVerdict(cpu: number | null): string[] {
  if (cpu === null || cpu < BUSY) return [];
  return [
    `The provider was busy ${Math.round(cpu * 100)} % of its busiest block, so it may have been the limit.`,
  ];
}

function writeJson(path: string, json: string): void {
  try {
    makeFolder(dirname(path));
    writeWhole(path, json);
  } catch (cause) {
    throw new LogError(`Can't write ${path}: ${whyNotWritten(cause)}.`, { path, cause });
  }
}

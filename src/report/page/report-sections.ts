import { group } from "d3-array";
import type { Chart } from "../../charts/chart.js";
import { OptionError } from "../../domain/errors/errors.js";
import { datasetName, withSamplesNamed } from "../../domain/records/dataset-name.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { LogOrigin } from "../../domain/records/log-origin.js";
import type { Objectives } from "../../domain/records/objectives.js";
import type {
  BlendRecord,
  Labelled,
  LoadRecord,
  ProxyRecord,
  QualityRecord,
  TtftRecord,
} from "../../domain/records/record-kinds.js";
import type { TotalRow } from "../../domain/records/total.js";
import type { TableParts } from "../../tables/table-parts.js";
import { loadChart } from "../load/load-chart.js";
import { loadTable } from "../load/load-table.js";
import { reuseChart } from "../load/reuse-chart.js";
import { reusesDocuments, reuseTable } from "../load/reuse-table.js";
import { totalsTable } from "../load/totals-table.js";
import { blendChart } from "../methods/blend-chart.js";
import { blendRatioChart } from "../methods/blend-ratio-chart.js";
import { blendTable } from "../methods/blend-table.js";
import { divergenceChart } from "../methods/divergence-chart.js";
import { divergenceTable, tellsDivergence } from "../methods/divergence-table.js";
import { qualityChart } from "../methods/quality-chart.js";
import { qualityRatioPanels } from "../methods/quality-ratio-panels.js";
import { qualityTable } from "../methods/quality-table.js";
import { promptChart } from "../prompts/prompt-chart.js";
import { promptTable } from "../prompts/prompt-table.js";
import { proxyChart } from "../proxy/proxy-chart.js";
import { proxyOverheadChart } from "../proxy/proxy-overhead-chart.js";
import { proxyTable } from "../proxy/proxy-table.js";
import { proxyThroughputChart } from "../proxy/proxy-throughput-chart.js";
import { proxyVerdicts, streamingVerdicts } from "../proxy/proxy-verdict.js";
import { streamingTable } from "../proxy/streaming-table.js";
import { ttftChart } from "../ttft/ttft-chart.js";
import { compareTtft, NOT_COMPARED } from "../ttft/ttft-comparison.js";
import { ttftTable } from "../ttft/ttft-table.js";
import { ttftDefinitionNote } from "../ttft-definitions.js";
import {
  type Comparison,
  comparedBlend,
  comparedLoad,
  comparedProxies,
  comparedQuality,
  comparedTtft,
} from "./comparison.js";
import { hasRatios } from "./kind-chart.js";

/** The rows of a report, by kind. */
export interface ReportRows {
  readonly ttft: readonly Labelled<string, TtftRecord>[];
  readonly blend: readonly Labelled<string, BlendRecord>[];
  readonly quality: readonly Labelled<string, QualityRecord>[];
  readonly load: readonly Labelled<string, LoadRecord>[];
  readonly proxy: readonly Labelled<string, ProxyRecord>[];
  /** What other tools computed themselves of requests that are not among the rows; default none. */
  readonly totals?: readonly TotalRow[];
}

/** A table with rows of any kind, and their key in the JSON form. */
interface NamedTable {
  readonly name:
    | "ttft"
    | "prompts"
    | "blend"
    | "quality"
    | "divergence"
    | "load"
    | "reuse"
    | "proxy"
    | "streams"
    | "totals";
  readonly caption: string;
  readonly table: {
    readonly rows: readonly unknown[];
    readonly alarms: readonly string[];
    as<T>(form: (parts: TableParts<unknown>) => T): T;
  };
}

/** A question and what the rows answer. */
export interface ReportSection {
  readonly question: string;
  /** Sentences, if the tables have a verdict of their own. */
  readonly answers: readonly string[];
  /** At least one; the first names the section. */
  readonly tables: readonly [NamedTable, ...NamedTable[]];
  readonly charts: readonly Chart[];
  /** Of two or more labels; null where there is nothing to compare. */
  readonly compared: Comparison | null;
}

/**
 * The sections of a report, one for each question that has rows. Requests that compare prompts are a question of
 * their own.
 *
 * @param baseline the label the others are compared with, in every section that has it; default each table's own.
 * @throws OptionError for a baseline that is in no section.
 */
export function reportSections(rows: ReportRows, baseline?: string, shown: ShownTimes = {}): ReportSection[] {
  const { ttft, blend, quality, load, proxy } = rows;
  const all = [...ttft, ...blend, ...quality, ...load, ...proxy];
  const isNamed = ({ label, own_label }: (typeof all)[number] & Partial<LogOrigin>): boolean =>
    label === baseline || own_label === baseline;
  if (baseline !== undefined && !all.some(isNamed)) {
    const labels = [...new Set(all.map(({ label }) => JSON.stringify(label)))].join(", ");
    throw new OptionError("baseline", `must be one of the labels (${labels || "there are none"})`, baseline);
  }
  const against: Against = (own) => (baseline !== undefined && own.some(isNamed) ? { baseline } : {});
  return [
    sweepSection(
      ttft.filter(({ prompt_kind }) => prompt_kind === null),
      against,
      shown,
    ),
    promptSection(
      ttft.filter(({ prompt_kind }) => prompt_kind !== null),
      shown,
    ),
    blendSection(blend, against, shown),
    qualitySection(quality, against, shown),
    loadSection(load, against, shown),
    proxySection(proxy, against),
    totalsSection(rows.totals ?? []),
  ].filter((section) => section !== null);
}

/** Which times a report's tables and charts show. */
export interface ShownTimes {
  readonly firstToken?: FirstToken;
  /** Also those of examples that ran at the same time. */
  readonly showTtft?: boolean;
  /** The objectives that goodput of loads counts by; default none, and no goodput. */
  readonly slo?: Objectives;
}

/** The option that names the baseline, if these rows have it. */
type Against = (
  rows: readonly Exclude<ReportRows[keyof ReportRows], readonly TotalRow[] | undefined>[number][],
) => { readonly baseline?: string };

/** The baseline that is asked for, else the first of several labels; null for one label. */
function firstOr(against: Against, rows: Parameters<Against>[0]): string | null {
  const labels = new Set(rows.map(({ label }) => label));
  const [first] = labels;
  return against(rows).baseline ?? (labels.size < 2 ? null : first!);
}

/** A table's rows; where nothing in it is compared, those of the table against the first label, and that it was the first. */
function comparedRows<R extends { readonly baseline: string | null }>(
  rows: readonly R[],
  baseline: string | null,
  against: (baseline: string) => { readonly rows: readonly R[] },
): { readonly rows: readonly R[]; readonly cautions: readonly string[] } {
  return baseline === null || rows.some((row) => row.baseline !== null)
    ? { rows, cautions: [] }
    : { rows: against(baseline).rows, cautions: [firstNote(baseline)] };
}

/** Which baseline was taken where none was asked for, and how to name another. */
const firstNote = (baseline: string): string =>
  `No baseline was named: all are compared with ${baseline}, the first label that was read. --baseline (baseline) names another.`;

const orNull = (comparison: Comparison): Comparison | null =>
  comparison.rows.length === 0 && !comparison.cautions.some((caution) => caution.startsWith(NOT_COMPARED))
    ? null
    : comparison;

function sweepSection(
  rows: ReportRows["ttft"],
  against: Against,
  { firstToken = "content" }: ShownTimes,
): ReportSection | null {
  if (rows.length === 0) return null;
  const table = ttftTable(rows, { ...against(rows), firstToken });
  const baseline = firstOr(against, rows);
  return {
    question: "How does the time to first token grow with the context, cold and warm?",
    answers: [],
    tables: [{ name: "ttft", caption: "TTFT by label and context", table }],
    charts: [ttftChart(rows, { firstToken })],
    compared:
      baseline === null
        ? null
        : orNull(
            comparedTtft(compareTtft(rows, { baseline, firstToken }), [
              ...ttftDefinitionNote(rows),
              ...(against(rows).baseline === undefined ? [firstNote(baseline)] : []),
            ]),
          ),
  };
}

function promptSection(
  rows: ReportRows["ttft"],
  { firstToken = "content" }: ShownTimes,
): ReportSection | null {
  if (rows.length === 0) return null;
  return {
    question: "Does the question change what the cache saves?",
    answers: [],
    tables: [
      {
        name: "prompts",
        caption: "TTFT and the cache's effect by prompt",
        table: promptTable(rows, { firstToken }),
      },
    ],
    charts: [promptChart(rows, { firstToken })],
    compared: null,
  };
}

function blendSection(
  rows: ReportRows["blend"],
  against: Against,
  { firstToken = "content" }: ShownTimes,
): ReportSection | null {
  if (rows.length === 0) return null;
  const table = blendTable(rows, { ...against(rows), firstToken });
  const compared = comparedRows(table.rows, firstOr(against, rows), (baseline) =>
    blendTable(rows, { baseline, firstToken }),
  );
  return {
    question: "How much sooner does the first token come when KV is reused?",
    answers: [],
    tables: [{ name: "blend", caption: "TTFT by input length and method", table }],
    charts: [
      blendChart(rows, { firstToken }),
      ...(new Set(rows.flatMap(({ chunks }) => chunks ?? [])).size > 1
        ? [blendChart(rows, { firstToken, against: "chunks" })]
        : []),
      ...(hasRatios(rows) ? [blendRatioChart(rows, { firstToken })] : []),
    ],
    compared: orNull(comparedBlend(compared.rows, [...ttftDefinitionNote(rows), ...compared.cautions])),
  };
}

function qualitySection(
  rows: ReportRows["quality"],
  against: Against,
  { slo: _, ...shown }: ShownTimes,
): ReportSection | null {
  if (rows.length === 0) return null;
  const table = qualityTable(rows, { ...against(rows), ...shown });
  const compared = comparedRows(table.rows, firstOr(against, rows), (baseline) =>
    qualityTable(rows, { baseline, ...shown }),
  );
  return {
    question: "What does reuse cost in answer quality?",
    answers: [],
    tables: [
      { name: "quality", caption: "Scores by dataset and method", table },
      ...(tellsDivergence(rows)
        ? [
            {
              name: "divergence",
              caption: "Divergence from full prefill by dataset and method",
              table: divergenceTable(rows, against(rows)),
            } as const,
          ]
        : []),
    ],
    charts: [
      ...group(withSamplesNamed(rows), (row) => `${datasetName(row)}\n${row.metric}`).values(),
    ].flatMap((set) => [
      qualityChart(set, shown),
      ...(hasRatios(set) ? [qualityRatioPanels(set, shown)] : []),
      ...(hasRatios(set) && tellsDivergence(set) ? [divergenceChart(set)] : []),
    ]),
    compared: orNull(comparedQuality(compared.rows, compared.cautions)),
  };
}

function loadSection(
  rows: ReportRows["load"],
  against: Against,
  { firstToken = "content", slo }: ShownTimes,
): ReportSection | null {
  if (rows.length === 0) return null;
  const counting = { firstToken, ...(slo !== undefined && { slo }) };
  const reuse = reusesDocuments(rows) ? reuseTable(rows, { firstToken }) : null;
  const table = loadTable(rows, { ...against(rows), ...counting });
  const compared = comparedRows(table.rows, firstOr(against, rows), (baseline) =>
    loadTable(rows, { baseline, ...counting }),
  );
  return {
    question: "How does the time to first token hold up under load, and how long does reuse last?",
    answers: [],
    tables: [
      {
        name: "load",
        caption: "TTFT, throughput and cached share by label and level",
        table,
      },
      ...(reuse === null
        ? []
        : [{ name: "reuse", caption: "TTFT and cached share by request of the run", table: reuse } as const]),
    ],
    charts: [
      loadChart(rows, { firstToken }),
      ...(reuse === null
        ? []
        : [reuseChart(rows, { firstToken }), reuseChart(rows, { firstToken, against: "seconds" })]),
    ],
    compared: orNull(comparedLoad(compared.rows, [...ttftDefinitionNote(rows), ...compared.cautions])),
  };
}

function proxySection(rows: ReportRows["proxy"], against: Against): ReportSection | null {
  if (rows.length === 0) return null;
  const table = proxyTable(rows, against(rows));
  const streams = rows.some(({ mode }) => mode === "stream") ? streamingTable(rows) : null;
  const loads = new Set(rows.map(({ concurrency }) => concurrency));
  return {
    question: "What does a proxy add to the provider's latency and take from its throughput?",
    answers: [...proxyVerdicts(table.rows), ...(streams === null ? [] : streamingVerdicts(streams.rows))],
    tables: [
      { name: "proxy", caption: "Latency, overhead and throughput by proxy and load", table },
      ...(streams === null
        ? []
        : [{ name: "streams", caption: "How streams come through the proxy", table: streams } as const]),
    ],
    charts: [
      proxyChart(rows),
      ...(loads.size > 1 ? [proxyOverheadChart(rows), proxyThroughputChart(rows)] : []),
    ],
    compared: orNull(comparedProxies(table.rows)),
  };
}

function totalsSection(totals: readonly TotalRow[]): ReportSection | null {
  if (totals.length === 0) return null;
  return {
    question: "What did other tools compute themselves, of requests that their files do not hold?",
    answers: [],
    tables: [{ name: "totals", caption: "Aggregates, by file and measure", table: totalsTable(totals) }],
    charts: [],
    compared: null,
  };
}

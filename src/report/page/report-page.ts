import { jsonText } from "../../domain/json.js";
import { escapeHtml, htmlText } from "../../tables/escape-html.js";
import { formatCounted } from "../../tables/format.js";
import { chartHtml } from "./chart-html.js";
import { type Comparison, comparisonSentences, comparisonTable } from "./comparison.js";
import { originTable, type ReportLog, type RunManifest } from "./report-provenance.js";
import { type ReportRows, type ReportSection, reportSections, type ShownTimes } from "./report-sections.js";
import { REPORT_STYLE } from "./report-style.js";
import { reportTable } from "./report-table.js";
import { reportWarnings } from "./report-warnings.js";

/** What a report is made from. */
export interface ReportContent {
  readonly rows: ReportRows;
  readonly logs: readonly ReportLog[];
  /** What was noticed when reading the logs, one sentence each. */
  readonly problems: readonly string[];
  readonly title: string;
  /** The label that others are compared with, in every section that has it; default each table's own. */
  readonly baseline?: string;
  readonly shown?: ShownTimes;
  /** ISO 8601. */
  readonly madeAt: string;
  readonly packageVersion: string;
}

type TableName = ReportSection["tables"][number]["name"] | "compared";

/** A report: one page, and the same for a program. */
export interface Report {
  readonly html: string;
  readonly warnings: readonly string[];
  /** The tables' rows by question. */
  readonly tables: Readonly<Partial<Record<TableName, readonly unknown[]>>>;
}

/** The page fetches nothing and runs nothing: it is text, with its own style and its own pictures. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/**
 * One self-contained HTML page: warnings, what labels compared with each other show, then the questions with their tables and
 * charts, and where the numbers come from.
 * It needs no script and no network, and follows the reader's light or dark theme.
 *
 * Whatever comes from labels, models, prompts, errors and options is escaped.
 *
 * @throws OptionError for a baseline that is in no section.
 */
export async function makeReport(content: ReportContent): Promise<Report> {
  const { rows, logs, title, madeAt, packageVersion } = content;
  const sections = reportSections(rows, content.baseline, content.shown);
  const compared = sections.flatMap((section) => section.compared ?? []);
  const alarms = sections.flatMap(({ tables }) =>
    tables.flatMap(({ name, table }) => table.alarms.map((alarm) => `${name}: ${alarm}`)),
  );
  const warnings = [...alarms, ...content.problems, ...reportWarnings(rows, logs)];
  const parts = [
    `<header><h1>${htmlText(title)}</h1><p class="lead">${htmlText(leadOf(rows, logs))}</p></header>`,
    warningsOf(warnings),
    comparisonHtml(compared),
    ...(await Promise.all(sections.map(sectionHtml))),
    provenanceHtml(rows, logs),
    `<footer><p>Made by firsttoken ${htmlText(packageVersion)} at ${htmlText(madeAt)}.</p></footer>`,
  ];
  const head = [
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${htmlText(title)}</title>`,
    `<style>${REPORT_STYLE}</style>`,
  ];
  return {
    html: `<!doctype html>\n<html lang="en">\n<head>\n${head.join("\n")}\n</head>\n<body>\n${parts.join("\n")}\n</body>\n</html>\n`,
    warnings,
    tables: {
      ...(compared.length > 0 && {
        compared: compared.flatMap(({ kind, rows }) => rows.map((row) => ({ kind, ...row }))),
      }),
      ...Object.fromEntries(
        sections.flatMap(({ tables }) => tables.map(({ name, table }) => [name, table.rows])),
      ),
    },
  };
}

function leadOf(
  { ttft, blend, quality, load, proxy, totals = [] }: ReportRows,
  logs: readonly ReportLog[],
): string {
  const requests = ttft.length + blend.length + quality.length + load.length + proxy.length;
  const files = new Set(totals.map(({ log_path }) => log_path)).size;
  const aggregates =
    files === 0 ? "" : `, and aggregates from ${formatCounted(files, "file")} of other tools`;
  return `${formatCounted(requests, "request")} from ${formatCounted(logs.length, "log")}${aggregates}.`;
}

function warningsOf(warnings: readonly string[]): string {
  if (warnings.length === 0) return "";
  const items = warnings.map((warning) => `<li>${htmlText(warning)}</li>`).join("");
  return `<section class="warnings" aria-labelledby="warnings"><h2 id="warnings">Before you read the numbers</h2><ul>${items}</ul></section>`;
}

/** The verdicts of all comparisons, before any other number. */
function comparisonHtml(compared: readonly Comparison[]): string {
  if (compared.length === 0) return "";
  const sentences = compared.flatMap(comparisonSentences).map((sentence) => `<li>${htmlText(sentence)}</li>`);
  const tables = compared
    .filter(({ rows }) => rows.length > 0)
    .map((one) => comparisonTable(one).as(reportTable(`Compared: ${one.kind}`)));
  return (
    '<section class="compared" aria-labelledby="compared"><h2 id="compared">What the comparison shows</h2>' +
    `<ul>${sentences.join("")}</ul>${tables.join("")}</section>`
  );
}

async function sectionHtml({ question, answers, tables, charts }: ReportSection): Promise<string> {
  const figures = await Promise.all(charts.filter(({ sketch }) => sketch.data.length > 0).map(chartHtml));
  const id = tables[0].name;
  return (
    `<section aria-labelledby="${id}"><h2 id="${id}">${htmlText(question)}</h2>` +
    answers.map((answer) => `<p>${htmlText(answer)}</p>`).join("") +
    figures.join("") +
    `${tables.map(({ caption, table }) => table.as(reportTable(caption))).join("")}</section>`
  );
}

function provenanceHtml(rows: ReportRows, logs: readonly ReportLog[]): string {
  return (
    '<section aria-labelledby="provenance"><h2 id="provenance">Where the numbers come from</h2>' +
    `${originTable(rows).as(reportTable("What was measured"))}${logs.map(logHtml).join("")}</section>`
  );
}

function logHtml({ path, kind, tool = null, manifest }: ReportLog): string {
  const head = `<h3>${htmlText(path)}</h3>`;
  if (tool !== null) return `${head}<p>A result of ${htmlText(tool)}, read as ${htmlText(kind)}.</p>`;
  if (manifest === null || "unreadable" in manifest) {
    const reason = manifest === null ? "No manifest describes its run." : manifest.unreadable;
    return `${head}<p>A log of ${htmlText(kind)}. ${htmlText(reason)}</p>`;
  }
  const { resumed = [], ...first } = manifest;
  return `${head}${runHtml(kind, first)}${resumed.map((run) => `<h4>Resumed</h4>${runHtml(kind, run)}`).join("")}`;
}

function runHtml(kind: string, manifest: RunManifest): string {
  const facts: readonly (readonly [string, string | number | null])[] = [
    ["log of", kind],
    ["server", manifest.server],
    ["software", manifest.server_software ?? null],
    ["model", manifest.model],
    ["seed", manifest.seed],
    ["started", manifest.started_at],
    ["firsttoken", manifest.package_version],
    ["revision", manifest.revision ?? null],
    ["Node", manifest.node_version],
    ["OS", manifest.os ?? null],
    ["machine", machineWords(manifest)],
    ["command", manifest.command_line ?? null],
    ...(manifest.defaults === undefined
      ? []
      : [["defaults", `${manifest.defaults.file}: ${JSON.stringify(manifest.defaults.flags)}`] as const]),
  ];
  const list = facts.map(
    ([name, value]) => `<dt>${name}</dt><dd>${htmlText(String(value ?? "not stated"))}</dd>`,
  );
  const options = escapeHtml(jsonText(manifest.options, 2));
  return `<dl>${list.join("")}</dl><details><summary>Options of the run</summary><pre>${options}</pre></details>`;
}

/** The client's machine, such as `AMD EPYC 7763; 8 cores; 31.4 GiB`. */
function machineWords({ machine }: RunManifest): string | null {
  if (machine === undefined) return null;
  const { cpu, cores, memory_bytes } = machine;
  return [
    cpu ?? "CPU not stated",
    formatCounted(cores, "core"),
    `${(memory_bytes / 2 ** 30).toFixed(1)} GiB`,
  ].join("; ");
}

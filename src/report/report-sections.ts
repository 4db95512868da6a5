import { group } from "d3-array";
import type { BlendRecord } from "../domain/blend-record.js";
import { OptionError } from "../domain/errors.js";
import type { QualityRecord } from "../domain/quality-record.js";
import type { Labelled, TtftRecord } from "../domain/ttft-record.js";
import { blendChart } from "./blend-chart.js";
import { blendTable } from "./blend-table.js";
import type { Chart } from "./chart.js";
import { promptTable } from "./prompt-table.js";
import { qualityChart } from "./quality-chart.js";
import { qualityTable } from "./quality-table.js";
import type { TableParts } from "./table-parts.js";
import { ttftChart } from "./ttft-chart.js";
import { ttftTable } from "./ttft-table.js";

/** The rows a report is made of, by noun. */
export interface ReportRows {
  readonly ttft: readonly Labelled<string, TtftRecord>[];
  readonly blend: readonly Labelled<string, BlendRecord>[];
  readonly quality: readonly Labelled<string, QualityRecord>[];
}

/** A table, whatever its rows are. */
interface AnyTable {
  readonly rows: readonly unknown[];
  as<T>(form: (parts: TableParts<unknown>) => T): T;
}

/** A question and what the rows answer. */
export interface ReportSection {
  /** The key of its rows where a program reads. */
  readonly name: "ttft" | "prompts" | "blend" | "quality";
  readonly question: string;
  readonly table: AnyTable;
  readonly charts: readonly Chart[];
}

/**
 * The sections of a report, one for each question that has rows. Requests that compare prompts are a question of
 * their own.
 *
 * @param baseline the label the others are compared with, in every section that has it; default each table's own.
 * @throws OptionError for a baseline that no section has.
 */
export function reportSections({ ttft, blend, quality }: ReportRows, baseline?: string): ReportSection[] {
  const sweeps = ttft.filter(({ prompt_kind }) => prompt_kind === null);
  const prompts = ttft.filter(({ prompt_kind }) => prompt_kind !== null);
  const all = [...sweeps, ...blend, ...quality];
  if (baseline !== undefined && !all.some(({ label }) => label === baseline)) {
    const labels = [...new Set(all.map(({ label }) => JSON.stringify(label)))].join(", ");
    throw new OptionError("baseline", `must be one of the labels (${labels || "there are none"})`, baseline);
  }
  const against = (rows: readonly { readonly label: string }[]) =>
    baseline !== undefined && rows.some(({ label }) => label === baseline) ? { baseline } : {};
  const answers: readonly (readonly [rows: readonly unknown[], section: () => ReportSection])[] = [
    [
      sweeps,
      () => ({
        name: "ttft",
        question: "How does the time to first token grow with the context, cold and warm?",
        table: ttftTable(sweeps, against(sweeps)),
        charts: [ttftChart(sweeps)],
      }),
    ],
    [
      prompts,
      () => ({
        name: "prompts",
        question: "Does the question change what the cache saves?",
        table: promptTable(prompts),
        charts: [],
      }),
    ],
    [
      blend,
      () => ({
        name: "blend",
        question: "How much sooner does the first token come when KV is reused?",
        table: blendTable(blend, against(blend)),
        charts: [blendChart(blend)],
      }),
    ],
    [
      quality,
      () => ({
        name: "quality",
        question: "What does reuse cost in answer quality?",
        table: qualityTable(quality, against(quality)),
        charts: [...group(quality, ({ dataset, metric }) => `${dataset}\n${metric}`).values()].map((rows) =>
          qualityChart(rows),
        ),
      }),
    ],
  ];
  return answers.flatMap(([rows, section]) => (rows.length === 0 ? [] : [section()]));
}

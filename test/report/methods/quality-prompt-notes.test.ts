import { describe, expect, it } from "vitest";
import type { LogOrigin } from "../../../src/domain/records/log-origin.js";
import type { QualityRecord } from "../../../src/domain/records/record-kinds.js";
import { qualitySubjects } from "../../../src/report/gates/method-subjects.js";
import { askedRows } from "../../../src/report/methods/asked-rows.js";
import { qualityChart } from "../../../src/report/methods/quality-chart.js";
import { lengthNotes } from "../../../src/report/methods/quality-prompt-notes.js";
import { qualityTable } from "../../../src/report/methods/quality-table.js";
import { REPORT_ROWS } from "../report-rows.js";

const row = (example_id: string, label: string, more: Partial<QualityRecord & LogOrigin> = {}) =>
  ({
    ...REPORT_ROWS.quality[0]!,
    example_id,
    label,
    context_cut_tokens: 0,
    left_out: false,
    ...more,
  }) as QualityRecord;
const leftOut = (example_id: string, label: string) =>
  row(example_id, label, {
    left_out: true,
    context_cut_tokens: null,
    outcome: "error",
    error: "Left out: it is too long.",
    score: null,
    ttft_seconds: null,
  } as Partial<QualityRecord>);

describe("rows of examples that were asked", () => {
  it("have the prompt they were asked last, where a limit showed only then", () => {
    const rows = [
      row("1", "a"),
      row("1", "a", { context_cut_tokens: 90 }),
      row("1", "b", { context_cut_tokens: 90 }),
    ];
    expect(askedRows(rows)).toEqual(rows.slice(1));
  });

  it("are none of an example that was left out in the end", () => {
    expect(askedRows([row("1", "a"), leftOut("1", "a"), leftOut("1", "b"), row("2", "a")])).toEqual([
      row("2", "a"),
    ]);
  });

  it("of one log don't stand in for those of another, nor new ones for old ones", () => {
    const rows = [
      row("1", "a", { log_path: "one.jsonl" }),
      row("1", "a", { log_path: "two.jsonl", context_cut_tokens: 90 }),
      row("1", "a", { log_path: "old.jsonl", context_cut_tokens: null, left_out: null }),
    ];
    expect(askedRows(rows)).toEqual(rows);
  });
});

describe("a bundled sample", () => {
  const sample = { bundled_examples: 8, dataset_sha256: "1922f5d17a7d93b01d66", dataset: "samsum" };
  const rows = ["1", "2"].flatMap((id) => ["a", "b"].map((label) => row(id, label, sample)));

  it("is called one in the table, its chart and its gates, with its digest and the way to the dataset", () => {
    const table = qualityTable(rows);
    expect(table.text).toContain("samsum (bundled sample, 8)");
    expect(table.rows[0]).toMatchObject({ dataset: "samsum", bundled_examples: 8 });
    const words = table.text.replace(/\s+/g, " ");
    expect(words).toContain(
      "samsum (bundled sample, 8) (SHA-256 1922f5d17a7d…): examples written for firsttoken in the form of samsum, not taken " +
        "from it. To fetch the dataset itself: firsttoken datasets fetch samsum.",
    );
    expect(JSON.stringify(qualityChart(rows).figure)).toContain("samsum (bundled sample, 8)");
    expect(
      qualitySubjects(rows, {})
        .map(({ name }) => name)
        .join(),
    ).toContain("on samsum (bundled sample, 8),");
  });

  it("never shares a line with the dataset itself", () => {
    const real = ["7", "8"].flatMap((id) => ["a", "b"].map((label) => row(id, label, { dataset: "samsum" })));
    expect(
      qualityTable([...rows, ...real]).rows.map(({ bundled_examples, n }) => [bundled_examples, n]),
    ).toEqual([8, 8, null, null].map((bundled) => [bundled, 2]));
  });
});

describe("notes on long prompts", () => {
  it("say how many were cut, by how much, and how many were left out", () => {
    const rows = ["1", "2", "3"].flatMap((id) =>
      ["a", "b"].map((label) => row(id, label, { context_cut_tokens: 1_000 * (Number(id) - 1) })),
    );
    expect(lengthNotes([...rows, leftOut("4", "a"), leftOut("4", "b")])).toEqual([
      "The prompts of 2 of 4 examples were cut to fit the model's context, by a median of 1,500 tokens of context; instruction and question were kept.",
      "Left out because they are too long for the model's context: 1 of 4 examples.",
    ]);
    expect(lengthNotes(rows.slice(0, 2))).toEqual([]);
  });

  it("say where the methods' prompts were not the same", () => {
    const rows = [row("1", "a"), row("1", "b", { context_cut_tokens: 90 }), row("2", "a"), row("2", "b")];
    expect(lengthNotes(rows)[1]).toMatch(
      /^The prompts of 1 example were cut to different lengths for different methods, /,
    );
    expect(qualityTable(rows).text.replace(/\s+/g, " ")).toContain("their scores are not comparable.");
  });
});

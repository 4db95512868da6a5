import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readTotals } from "../../../src/logs/read-totals.js";
import { totalsTable } from "../../../src/report/load/totals-table.js";

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/foreign/${name}`, import.meta.url));
const read = (files: Readonly<Record<string, string>>) =>
  readTotals(Object.fromEntries(Object.entries(files).map(([label, name]) => [label, fixture(name)])), {
    onProblem: () => {},
  });

describe("a table of other tools' aggregates", () => {
  it("has a row for each measure, marked as aggregates, with what the file says", async () => {
    const table = totalsTable(await read({ llmperf: "llmperf/summary.json" }));
    expect(table.rows.find(({ measure }) => measure === "ttft_seconds")).toMatchObject({
      label: "llmperf",
      source_tool: "llmperf",
      run: 1,
      part: null,
      total: null,
    });
    expect(table.rows.find(({ measure }) => measure === "requests")!.total).toBe(80);
    expect(table.markdown).toContain("aggregate of");
    expect(table.footnotes.join(" ")).toContain("They have no intervals, and no other table includes them");
  });

  it("says first where the tools' TTFT is not one thing, and shows no more than the usual statistics", async () => {
    const table = totalsTable(
      await read({
        vLLM: "vllm-bench/append.jsonl",
        "inference-perf": "inference-perf/summary_lifecycle_metrics.json",
        LiteLLM: "litellm/output.json",
      }),
    );
    expect(table.as(({ notes }) => notes)[0]).toContain("These tools define TTFT differently");
    expect(table.as(({ columns }) => columns.map(({ header }) => header))).toEqual([
      ...["label", "tool", "run", "part", "aggregate of"],
      ...["total", "mean", "median", "p90", "p95", "p99", "max"],
    ]);
    expect(table.footnotes.join(" ")).toContain("`load.totals` has them all");
    const parts = table.rows.filter(({ label }) => label === "LiteLLM").map(({ part }) => part);
    expect(new Set(parts)).toContain("proxy_streaming_ttft");
  });
});

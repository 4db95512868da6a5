import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readLoadLogs } from "../../../src/logs/read-method-logs.js";
import { loadTable } from "../../../src/report/load/load-table.js";

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/foreign/${name}`, import.meta.url));

describe("a load table of several tools' results", () => {
  it("says first that their TTFT is not one thing", async () => {
    const rows = await readLoadLogs(
      { vLLM: fixture("vllm-bench/serve.json"), GuideLLM: fixture("guidellm/benchmarks.json") },
      { onProblem: () => {} },
    );
    const table = loadTable(rows);
    expect(table.rows.map(({ label, n }) => [label, n])).toEqual([
      ["vLLM", 4],
      ["GuideLLM", 3],
    ]);
    expect(table.as((parts) => parts.notes)[0]).toBe(
      "These tools define TTFT differently, so differences in TTFT and in times between tokens are not due to the servers alone: vllm bench " +
        "serve counts to the first chunk with choices, even if empty (vLLM); GuideLLM counts to the first non-empty content (GuideLLM).",
    );
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonl } from "../logs/ttft-row.js";
import { REPORT_ROWS } from "../report/report-rows.js";
import { firsttokenHere } from "../support/cli-here.js";

const folder = mkdtempSync(join(tmpdir(), "report-"));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string) => {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
  return name;
};
const report = (...args: string[]) => firsttokenHere(["report", ...args], { cwd: folder });
const KEY = "sk-very-secret-key-0123456789";

beforeAll(() => {
  for (const noun of ["ttft", "blend", "quality", "proxy"] as const)
    write(`logs/${noun}.jsonl`, jsonl(...REPORT_ROWS[noun]));
  write(
    "logs/ttft.jsonl.meta.json",
    JSON.stringify({
      server: `http://me:${KEY}@127.0.0.1:8000/v1`,
      model: "tiny",
      seed: 7,
      options: { runs: 5, api_key: KEY, note: `Bearer ${KEY}` },
      package_version: "0.1.0",
      node_version: "v20.20.2",
      started_at: "2026-11-20T10:00:00.000Z",
    }),
  );
});

describe("firsttoken report, with its charts", () => {
  it("ends with 1 where a rule holds for a row of any table, and judges it only on tables that have it", async () => {
    const logs = ["logs/ttft.jsonl", "logs/quality.jsonl"];
    const judged = (...rules: string[]) =>
      report(...logs, "--json", ...rules.flatMap((rule) => ["--fail-if", rule]));
    const good = await judged("ttft_median>1000", "score<0");
    expect([good.code, good.stderr]).toEqual([0, expect.not.stringContaining("Failed")]);
    const bad = await report(...logs, "--fail-if", "ttft_median>0", "--fail-if", "score<0");
    expect(bad.code).toBe(1);
    expect(bad.stderr).toMatch(/^Failed: ttft_median>0: ttft_median of .* is /m);
    expect(bad.stdout).toBe("report.html\n");
    const none = await judged("goodput<5");
    expect(none.code).toBe(1);
    expect(none.stderr).toContain("goodput can't be judged: no row has it");
    const refused = await judged("colour>5");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("must ask for one of")]);
    const { gates } = JSON.parse(
      (await report("logs/ttft.jsonl", "--json", "--fail-if", "errors>1000")).stdout,
    );
    expect(gates).toEqual([{ gate: "errors>1000", failed: false, rows: [] }]);
  });

  it("makes one page of logs of all kinds, told apart by their keys, and no key gets into it", async () => {
    const { code, stdout, stderr } = await report(
      "logs/*.jsonl",
      "--out",
      "page.html",
      "--title",
      "All of it",
    );
    expect([code, stdout]).toEqual([0, "page.html\n"]);
    expect(stderr).toBe(
      "These logs have no manifest, so nothing says how they were made: logs/blend.jsonl.meta.json, " +
        "logs/proxy.jsonl.meta.json, logs/quality.jsonl.meta.json.\n",
    );
    const html = readFileSync(join(folder, "page.html"), "utf8");
    expect(html).toContain("<title>All of it</title>");
    for (const id of ["ttft", "prompts", "blend", "quality", "proxy"])
      expect(html).toContain(`<h2 id="${id}">`);
    expect(html).toContain("http://127.0.0.1:8000/v1");
    expect(html).not.toContain(KEY);
  });

  it("draws the chart of logs of one kind, in panels by their columns", async () => {
    const drawn = await report("logs/quality.jsonl", "--chart", "panels.svg", "--chart_rows", "dataset");
    expect(drawn.code).toBe(0);
    expect(drawn.stderr).toContain("Chart: panels.svg\n");
    const svg = readFileSync(join(folder, "panels.svg"), "utf8");
    expect(svg).toContain("by dataset");
    const none = await report("logs/quality.jsonl", "--chart", "none.svg", "--chart_columns", "colour");
    expect(none.stderr).toContain('--chart_columns must be a column of the rows; received "colour".');
    const mixed = await report("logs/*.jsonl", "--chart", "none.svg");
    expect([mixed.code, mixed.stderr]).toEqual([
      2,
      expect.stringContaining("--chart needs logs of one kind"),
    ]);
  });
});

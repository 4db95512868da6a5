import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engine, load } from "../../src/index.js";
import { firsttoken } from "../support/cli.js";
import { missing, runTool } from "./installed.js";
import { type Measured, offTable } from "./off-table.js";
import { timedMock } from "./timed-mock.js";
import { tokenizerFolder } from "./tokenizer-folder.js";
import { type Task, TOOLS, type Tool } from "./tools.js";

// npm run test:others: the tools of others, installed from PyPI, each measuring the mock and the embedded engine.

/** Kept, so that one can look at what the tools wrote. */
const folder = mkdtempSync(join(tmpdir(), "firsttoken-others-"));
const tokenizer = tokenizerFolder(folder);
let runs = 0;
const taskOf = (task: Omit<Task, "folder" | "tokenizer">): Task => {
  runs += 1;
  return { ...task, folder: join(folder, `run-${runs}`), tokenizer };
};

const MOCK = { firstTokenMs: 50, chunks: 20, gapMs: 10 };
const LEVELS = [
  { concurrency: 1, requests: 100 },
  { concurrency: 16, requests: 320 },
] as const;

describe("what the tools of others write", () => {
  let server: Awaited<ReturnType<typeof engine.serve>>;
  beforeAll(async () => {
    server = await engine.serve({ model: "tiny" });
  });
  afterAll(() => server.close());

  test.each(
    TOOLS.map((tool) => [tool.name, tool] as const),
  )("%s's file of the embedded engine is read, a row a request", async (name, tool) => {
    if (missing(tool) !== null) return;
    const task = taskOf({
      ...{ origin: new URL(server.url).origin, model: server.model },
      ...{ concurrency: 2, requests: 6, outputTokens: 8 },
    });
    const rows = await load.read({ engine: await runTool(tool, task) });
    expect(rows).toHaveLength(task.requests);
    for (const row of rows) {
      expect(row).toMatchObject({ label: "engine", source_tool: name, outcome: "ok", error: null });
      expect(row.ttft_seconds).toBeGreaterThan(0);
      expect(row.e2e_seconds ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(row.ttft_seconds!);
      expect(row.output_tokens).toBeGreaterThan(0);
      expect(row.prompt_tokens).toBeGreaterThan(0);
    }
  });
});

test("the tools and firsttoken measure one mock in turn, and a table shows what each is off by", async () => {
  const mock = await timedMock(MOCK);
  const measured: Measured[] = [];
  try {
    for (const level of LEVELS) {
      for (const tool of [null, ...TOOLS]) {
        if (tool !== null && missing(tool) !== null) continue;
        mock.taken();
        const task = taskOf({ origin: mock.origin, model: "mock", outputTokens: MOCK.chunks, ...level });
        const rows = await measuredBy(tool, task);
        expect(rows.map(({ outcome }) => outcome)).toEqual(Array(level.requests).fill("ok"));
        // No client sees what has not been sent.
        for (const row of rows) expect(row.ttft_seconds).toBeGreaterThan(MOCK.firstTokenMs / 1000);
        const sent = mock.taken();
        expect(sent.length).toBeGreaterThanOrEqual(level.requests);
        measured.push({
          tool: tool === null ? "firsttoken" : `${tool.name} ${tool.version}`,
          concurrency: level.concurrency,
          rows,
          // What a tool sends before it measures comes first.
          sent: sent.slice(-level.requests),
        });
      }
    }
  } finally {
    await mock.close();
  }
  const table = offTable(measured);
  console.log(`${table}\n\n${cpus().length} × ${cpus()[0]?.model}; what the tools wrote: ${folder}`);
  if (process.env.UPDATE_PAGES === "1") writeTable(table);
});

async function measuredBy(tool: Tool | null, task: Task) {
  if (tool !== null) return load.read(await runTool(tool, task));
  mkdirSync(task.folder);
  const out = join(task.folder, "load.jsonl");
  const { code, stderr } = await firsttoken([
    ...["load", "--api_base", `${task.origin}/v1`, "--model", task.model, "--methods", "full"],
    ...["--workload", "unique", "--prompt_tokens", "64", "--output_tokens", String(task.outputTokens)],
    ...["--concurrency", String(task.concurrency), "--requests", String(task.requests), "--blocks", "1"],
    ...["--out", out],
  ]);
  if (code !== 0) throw new Error(stderr);
  return (await load.read(out)).filter(({ phase }) => phase === "measured");
}

const PAGE = new URL("../../docs/other-tools.md", import.meta.url);

function writeTable(table: string): void {
  const page = readFileSync(PAGE, "utf8");
  const put = page.replace(
    /(<!-- off by -->\n)[\s\S]*?(\n<!-- end -->)/,
    (_, begin: string, end: string) => begin + table + end,
  );
  expect(put).toContain(table);
  writeFileSync(PAGE, put);
}

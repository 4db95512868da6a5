import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { readTtftLogs } from "../../../src/logs/read-ttft-logs.js";
import { jupyter, type Preparation, prepare } from "../prepare.js";

interface Output {
  readonly kind: "display_data" | "update_display_data" | "stream";
  readonly name?: string;
  readonly text?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly transient?: { readonly display_id?: string };
}
interface Answer {
  readonly status: "ok" | "error";
  readonly outputs: readonly Output[];
}

const notebooks = fileURLToPath(new URL("../../../notebooks", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "notebook-"));
const log = join(folder, "sweep.jsonl");

/** Runs cells in one kernel, as JupyterLab would; `interrupt_after` so many outputs presses its ■. */
function runCells(cells: readonly { code: string; interrupt_after?: number }[]): readonly Answer[] {
  const { python, variables } = jupyter();
  const script = fileURLToPath(new URL("../run-cells.py", import.meta.url));
  const answers = join(folder, "answers.json");
  const { status, stderr } = spawnSync(python, [script, answers], {
    input: JSON.stringify({ folder: notebooks, cells }),
    env: variables,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(answers, "utf8"));
}

const CHART = ["application/vnd.plotly.v1+json", "text/html", "image/svg+xml", "text/plain"];
const mimeTypes = ({ data = {} }: Output) => Object.keys(data);
/** How many requests a chart shows: those of each point, or the points themselves where each is one. */
/** How many requests a chart shows: a point's fourth word says how many it stands for. */
const requests = ({ data = {} }: Output) =>
  (
    data["application/vnd.plotly.v1+json"] as unknown as {
      data: { customdata: ([string, string, string | null, string | null] | null)[] }[];
    }
  ).data
    .flatMap(({ customdata }) => customdata)
    .reduce((sum, words) => sum + Number(words?.[3] ?? 0), 0);
const said = (outputs: readonly Output[]) => outputs.map(({ text = "" }) => text).join("");

let preparation: Preparation;
let cells: readonly Answer[];
beforeAll(() => {
  preparation = prepare("all");
  if (preparation !== null) return;
  const sweep = (fate: string) => `const rows = await ttft.run({
    server: server, contextTokens: [64, 128], runs: 10, log: ${JSON.stringify(log)}, ${fate}: true,
    ...live(ttft.chart, { everySeconds: 0 }),
  });`;
  cells = runCells([
    {
      code: `import { connect, display, engine, live, ttft } from "firsttoken";
             const serving = await engine.serve({ model: "tiny" });
             const server = await connect(serving.url);`,
    },
    { code: sweep("overwrite"), interrupt_after: 12 },
    { code: sweep("resume") },
    { code: "display(ttft.chart(rows)); display(ttft.table(rows));" },
    { code: "ttft.table(rows)" },
    { code: 'ttft.table(await ttft.read({ "a": "x.jsonl" }), { baseline: "b" })' },
    { code: "await serving.close();" },
  ]);
});

describe("a tslab kernel", () => {
  const test = (name: string, body: () => void) =>
    it(name, ({ skip }) => (preparation === null ? body() : skip(preparation.unreachable)));

  test("loads the library and its types", () => {
    expect(cells[0]).toEqual({ status: "ok", outputs: [] });
  });

  test("shows a run while it goes on: a line, and a chart with more requests every time", () => {
    const { outputs } = cells[2]!;
    const charts = outputs.filter((output) => mimeTypes(output).includes(CHART[0]!));
    const counts = charts.map(requests);
    expect(new Set(charts.map(({ transient }) => transient!.display_id)).size).toBe(1);
    expect(charts[0]!.kind).toBe("display_data");
    expect(charts.slice(1).every(({ kind }) => kind === "update_display_data")).toBe(true);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(mimeTypes(charts.at(-1)!)).toEqual(CHART);
    const lines = outputs.filter((output) => String(mimeTypes(output)) === "text/plain");
    expect(lines[0]!.data!["text/plain"]).toBe("Warming up …");
    const said = /^20 of 20 done, (\d+) requests in \d+ s$/.exec(String(lines.at(-1)!.data!["text/plain"]));
    expect(said).not.toBeNull();
    expect(counts.at(-1)).toBe(Number(said![1]));
  });

  test("stops a run when it is interrupted, and leaves a valid log and the picture of it", () => {
    const { status, outputs } = cells[1]!;
    expect(status).toBe("error");
    expect(said(outputs)).toContain("Interrupted");
    const last = outputs.filter(({ kind }) => kind !== "stream").slice(-2);
    expect(last[0]!.data!["text/plain"]).toMatch(
      /^Interrupted; .* of 20 done.*continue with resume: true\.$/,
    );
    expect(mimeTypes(last[1]!)).toEqual(CHART);
  });

  test("goes on with the log of an interrupted run, each request once", async () => {
    expect(cells[2]!.status).toBe("ok");
    expect(readFileSync(log, "utf8").endsWith("}\n")).toBe(true);
    const rows = await readTtftLogs({ sweep: log });
    const good = rows.filter(({ outcome }) => outcome === "ok");
    expect(good).toHaveLength(40);
    expect(new Set(good.map((row) => `${row.context_target} ${row.trial} ${row.cache_state}`)).size).toBe(40);
    // The resumed run measured fewer than all of them.
    const requests = cells[2]!.outputs.map(
      ({ data }) => /, (\d+) requests/.exec(data?.["text/plain"] ?? "")?.[1],
    );
    expect(Number(requests.findLast((count) => count !== undefined))).toBeLessThan(40);
  });

  test("gets charts and tables as one output each, without waiting for a promise", () => {
    const { status, outputs } = cells[3]!;
    expect(status).toBe("ok");
    expect(outputs.map(({ kind, ...output }) => [kind, mimeTypes({ kind, ...output })])).toEqual([
      ["display_data", CHART],
      ["display_data", ["text/html", "text/markdown", "text/latex", "text/plain"]],
    ]);
  });

  test("prints a table that is a cell's last line", () => {
    expect(said(cells[4]!.outputs)).toContain("cold / warm");
  });

  test("underlines a misspelt baseline before anything runs", () => {
    expect(cells[5]!.status).toBe("error");
    expect(said(cells[5]!.outputs)).toContain(`Type '"b"' is not assignable to type '"a"'`);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines } from "../support/cli.js";
import { firsttokenHere } from "../support/cli-here.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";

const folder = mkdtempSync(join(tmpdir(), "cli-load-"));
let serving: EngineHere;
beforeAll(async () => {
  serving = await engineHere();
});
afterAll(async () => {
  await serving.close();
  rmSync(folder, { recursive: true });
});

const log = (name: string) => join(folder, `${name}.jsonl`);
const rowsOf = (name: string) => jsonLines(readFileSync(log(name), "utf8"));
const load = (name: string, ...args: string[]) => firsttokenHere(["load", "--out", log(name), ...args]);

const POOL = ["--documents", "4", "--document_tokens", "64", "--per_request", "2"];

describe("firsttoken load on the embedded engine", () => {
  it("compares the four methods on a server that keeps chunks, and writes log, chart and table", async () => {
    const port = new URL(serving.url).port;
    const levels = ["--rates", "20,40", "--requests", "4", "--blocks", "1", "--slo", "ttft=60"];
    const { code, stdout, stderr } = await load("pool", port, ...POOL, ...levels);
    expect(stderr).toContain("Blocks: 8 of 8");
    expect(code).toBe(0);
    const rows = rowsOf("pool");
    expect([...new Set(rows.map(({ label }) => label))].sort()).toEqual([
      ...["CacheBlend 15%", "Full KV reuse", "Full prefill", "Prefix cache"],
    ]);
    expect(new Set(rows.map(({ arrivals }) => arrivals))).toEqual(new Set(["poisson"]));
    expect(rows.filter(({ phase }) => phase === "measured")).toHaveLength(4 * 2 * 4);
    const table = stdout.slice(stdout.indexOf("\nlabel"));
    const places = ["Full prefill", "Prefix cache", "Full KV reuse", "CacheBlend 15%"].map((label) =>
      table.indexOf(label),
    );
    expect(places[0]).toBeGreaterThan(0);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(stdout).toContain("goodput/s");
    expect(readFileSync(join(folder, "pool.svg"), "utf8")).toContain("<svg");
  });

  it("finds the highest rate that meets objectives, run by run, and goes on where it was stopped", async () => {
    const args = [
      "--api_base",
      serving.url,
      "--workload",
      "unique",
      "--prompt_tokens",
      "64",
      "--methods",
      "full",
    ];
    const search = ["--find_limit", "--slo", "ttft=60", "--rates", "20,40", "--requests", "6"];
    const { code, stdout, stderr } = await load("limit", ...args, ...search);
    expect(code).toBe(0);
    expect(stderr).toContain("Full prefill at 20/s: met, by 100 % of the requests");
    expect(stdout).toContain(
      "Full prefill: 40 requests a second, the highest rate tried, still met the objectives",
    );
    const runs = new Set(rowsOf("limit").map(({ rate_per_second, block }) => `${rate_per_second} ${block}`));
    expect([...runs]).toEqual(["20 1", "40 1", "40 2", "40 3"]);
    const all = readFileSync(log("limit"), "utf8");
    const lines = all.split("\n");
    const one = rowsOf("limit").filter(({ rate_per_second }) => rate_per_second === 20).length;
    writeFileSync(log("limit"), `${lines.slice(0, one).join("\n")}\n`);
    const resumed = await load("limit", ...args, ...search, "--resume");
    expect(resumed.code).toBe(0);
    expect(rowsOf("limit")).toHaveLength(lines.length - 1);
    const none = await load(
      "below",
      ...args,
      "--find_limit",
      "--slo",
      "ttft=0.000001",
      "--rates",
      "20,40",
      "--requests",
      "4",
    );
    // On a busy machine the client may be the limit, which proves nothing of the server.
    expect(none.stdout).toMatch(
      /Full prefill: (already 20 requests a second failed|at 20 this client was the limit)/,
    );
  }, 60_000);
});

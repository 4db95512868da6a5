import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines } from "../support/cli.js";
import { firsttokenHere } from "../support/cli-here.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";

let serving: EngineHere;
beforeAll(async () => {
  serving = await engineHere();
});
afterAll(() => serving.close());

const newFolder = () => mkdtempSync(join(tmpdir(), "sweep-"));
const sweep = (folder: string, sizes: string, ...args: string[]) =>
  firsttokenHere([
    "sweep",
    "--api_base",
    serving.url,
    "--context_sizes",
    sizes,
    "--out_dir",
    folder,
    ...args,
  ]);
const log = (folder: string, name = "all_ttft_results") =>
  jsonLines(readFileSync(join(folder, `${name}.jsonl`), "utf8"));

describe("firsttoken sweep", () => {
  it("writes a log a size and all of them merged, and prints the table", async () => {
    const folder = newFolder();
    const { code, stdout, stderr } = await sweep(folder, "100,300", "--runs", "5");
    expect(code).toBe(0);
    expect(stdout).toContain("proven");
    expect(stderr).toContain("Trials: 10 of 10");
    expect(readdirSync(folder).sort()).toEqual([
      "all_ttft_results.jsonl",
      "all_ttft_results.jsonl.meta.json",
      "ttft_100.jsonl",
      "ttft_100.jsonl.meta.json",
      "ttft_300.jsonl",
      "ttft_300.jsonl.meta.json",
    ]);
    const rows = log(folder);
    expect(rows).toHaveLength(20);
    expect([...log(folder, "ttft_100"), ...log(folder, "ttft_300")]).toHaveLength(20);
    for (const row of rows) expect(row).toMatchObject({ outcome: "ok", evidence: "proven" });
    for (const row of rows) expect(row.context_tokens).toBe(row.context_target);
  });

  it("interleaves the lengths within each round and gives the same order for the same seed", async () => {
    const order = async (seed: string) => {
      const folder = newFolder();
      await sweep(folder, "20,30,40,50,60,70", "--runs", "1", "--seed", seed);
      return log(folder)
        .filter((row) => row.cache_state === "cold")
        .map((row) => row.context_target);
    };
    const first = await order("1");
    expect(await order("1")).toEqual(first);
    expect(await order("2")).not.toEqual(first);
    expect([...first].sort()).toEqual([20, 30, 40, 50, 60, 70]);
  });

  it("prints the table's rows as JSON where a program reads", async () => {
    const { stdout } = await sweep(newFolder(), "50", "--runs", "1", "--json");
    expect(Array.isArray(JSON.parse(stdout))).toBe(true);
  });
});

describe("firsttoken prompts", () => {
  it("measures the five default prompts cold and warm, and rates the effect", async () => {
    const out = join(newFolder(), "prompts.jsonl");
    const server = ["--api_base", serving.url, "--context_size", "1000", "--runs", "1"];
    const { code, stdout } = await firsttokenHere(["prompts", ...server, "--out", out]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/question in English.*What is the main topic/);
    expect(stdout).toMatch(/excellent|good|fair/);
    const rows = jsonLines(readFileSync(out, "utf8"));
    expect(new Set(rows.map((row) => row.prompt_kind)).size).toBe(5);
    expect(rows).toHaveLength(10);
  });
});

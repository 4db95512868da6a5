import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines } from "../support/cli.js";
import { firsttokenHere } from "../support/cli-here.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";
import { answerWell, scriptedServer } from "../support/scripted-server.js";
import { templatedServer } from "../support/templated-server.js";

const folder = mkdtempSync(join(tmpdir(), "cli-methods-"));
let serving: EngineHere;
beforeAll(async () => {
  serving = await engineHere();
});
afterAll(() => serving.close());

describe("firsttoken blend", () => {
  it("prints a line for each length and method, then the table, and writes the log", async () => {
    const out = join(folder, "blend.jsonl");
    const short = ["--input_lengths", "96,192", "--trials", "3", "--warm_ups", "1", "--chunks", "2"];
    const { code, stdout, stderr } = await firsttokenHere([
      "blend",
      ...["--api_base", serving.url, ...short, "--out", out, "--recompute_ratios", "0.15,0.5"],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Length 96: Full prefill \d\.\d{3}s, Prefix cache \d\.\d{3}s, Speedup \d+\.\d\d×$/m,
    );
    expect(stdout).toMatch(/^Length 192: Full prefill .*, CacheBlend 50% .*×$/m);
    expect(stdout).toContain("30 proven, 0 contradicted, 0 unproven");
    expect(stderr).toContain("Requests: 30 of 30");
    expect(jsonLines(readFileSync(out, "utf8"))).toHaveLength(30);
  });

  it("draws TTFT against the number of chunks in one command", async () => {
    const [out, chart] = [join(folder, "chunks.jsonl"), join(folder, "new", "chunks.svg")];
    const { code, stderr } = await firsttokenHere([
      "blend",
      ...["--api_base", serving.url, "--methods", "full,blend", "--chunks", "2,3", "--chunk_lengths", "64"],
      ...["--trials", "1", "--warm_ups", "1", "--out", out, "--chart", chart],
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain(`Chart: ${chart}`);
    const svg = readFileSync(chart, "utf8");
    expect(svg).toContain("number of chunks");
    expect(svg).toContain("chunk length fixed");
  });

  it("tells servers that blend apart by their names, such as the tiers of a store", async () => {
    const out = join(folder, "tiers.jsonl");
    const { code, stdout } = await firsttokenHere([
      "blend",
      ...["--api_base", serving.url, "--methods", "full,reuse,blend", "--recompute_ratios", "0.15,0.5"],
      ...["--blend_api_base", `memory=${serving.url}`, "--blend_api_base", `disk=${serving.url}`],
      ...["--input_lengths", "128", "--chunks", "2", "--trials", "1", "--warm_ups", "0", "--out", out],
    ]);
    expect(code).toBe(0);
    const labels = new Set(jsonLines(readFileSync(out, "utf8")).map(({ label }) => label));
    const both = (label: string) => [`memory: ${label}`, `disk: ${label}`];
    expect(labels).toEqual(
      new Set(["Full prefill", ...["Full KV reuse", "CacheBlend 15%", "CacheBlend 50%"].flatMap(both)]),
    );
    expect(stdout).toContain("disk: CacheBlend 15%");
  });

  it.each([
    [["http://localhost:1/v1", "http://localhost:2/v1"], "must have a name of its own"],
    [["a=http://localhost:1/v1", "a=http://localhost:2/v1"], "must have a name of its own"],
    [["a=http://localhost:1/v1", "http://localhost:2/v1"], "must have a name of its own"],
    [["=http://localhost:1/v1"], "name must not be empty"],
    [["a=localhost"], "It must be an http or https address"],
  ])("refuses the servers %j", async (urls, message) => {
    const flags = urls.flatMap((url) => ["--blend_api_base", url]);
    const { code, stderr } = await firsttokenHere(["blend", "--api_base", serving.url, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("refuses inputs that chunks and their length do not make, and a chart of one part of a run", async () => {
    const refused = (...args: string[]) => firsttokenHere(["blend", "--api_base", serving.url, ...args]);
    const short = await refused("--chunks", "2", "--chunk_lengths", "16");
    expect(short.code).toBe(2);
    expect(short.stderr).toContain("--chunk_lengths must make inputs of 64 to");
    const twice = await refused("--chunks", "2,2");
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain("--chunks must not name a number twice");
    const part = await refused("--shard", "0/2", "--chart", "part.svg");
    expect(part.code).toBe(2);
    expect(part.stderr).toContain("--chart can't be drawn by one part of a run");
  });

  it("refuses to call a server's prefix cache CacheBlend", async () => {
    const plain = await scriptedServer((response) => answerWell(response));
    const args = ["--api_base", plain.url, "--methods", "blend", "--input_lengths", "64"];
    const { code, stderr } = await firsttokenHere(["blend", ...args, "--out", join(folder, "refused.jsonl")]);
    await plain.close();
    expect(code).toBe(1);
    expect(stderr).toContain("CacheBlend refuses to run");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("says what a method may be called", async () => {
    const { code, stderr } = await firsttokenHere(["blend", "--methods", "full,cacheblend"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Each must be one of full, prefix, reuse, blend, epic.");
  });
});

describe("firsttoken quality", () => {
  it("scores every method on the same examples, with the baseline's second run", async () => {
    const out = join(folder, "quality.jsonl");
    const few = ["--dataset", "multihop", "--samples", "12", "--max_tokens", "3"];
    const { code, stdout, stderr } = await firsttokenHere([
      "quality",
      "--api_base",
      serving.url,
      ...few,
      "--out",
      out,
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain("multihop, token_f1");
    expect(stdout).toMatch(/^n(\s+12)+\n/m);
    expect(stdout).toMatch(/^Δ, mean \[95 % CI\]\s+baseline/m);
    expect(stdout).toContain("Full prefill (again)");
    expect(stderr).toMatch(/Examples: 6 of 12, about \d+ \w+ left\n[\s\S]*Examples: 12 of 12\n/);
    expect(jsonLines(readFileSync(out, "utf8"))).toHaveLength(60);
  });

  it("ends the bare wording with every method's mean score and its difference to the baseline", async () => {
    const few = ["--dataset", "multihop", "--samples", "6", "--wording", "bare", "--no-aa"];
    const out = join(folder, "bare.jsonl");
    const { code, stdout } = await firsttokenHere([
      "quality",
      ...["--api_base", serving.url, ...few, "--methods", "full,reuse", "--out", out],
    ]);
    expect(code).toBe(0);
    const rows = jsonLines(readFileSync(out, "utf8"));
    const mean = (label: string) => {
      const scores = rows.filter((row) => row.label === label).map((row) => row.score as number);
      return scores.reduce((sum, score) => sum + score, 0) / scores.length;
    };
    const [full, reuse] = [mean("Full prefill"), mean("Full KV reuse")];
    expect(stdout).toContain(`multihop, Full prefill: mean set_f1 ${full.toFixed(4)} (n = 6)\n`);
    const difference = `${reuse < full ? "−" : "+"}${Math.abs(reuse - full).toFixed(4)}`;
    expect(stdout).toContain(
      `multihop, Full KV reuse: mean set_f1 ${reuse.toFixed(4)} (n = 6), difference to the baseline ${difference}\n`,
    );
  });

  it("cuts prompts that are too long, or leaves them out, and ends well both times", async () => {
    const path = new URL("../../datasets/samsum-sample-longbench.jsonl", import.meta.url);
    const items = jsonLines(readFileSync(path, "utf8")).slice(0, 3);
    const long = items.map((item, index) => ({
      ...item,
      context: Array.from({ length: index === 0 ? 1 : 12 }, () => item.context).join("\n\n"),
    }));
    const data = join(folder, "long.jsonl");
    writeFileSync(data, long.map((item) => `${JSON.stringify(item)}\n`).join(""));
    const narrow = await templatedServer({ limit: 1_500, answer: () => " They talk.\nDialogue: more" });
    const quality = (...more: string[]) =>
      firsttokenHere([
        "quality",
        ...["--api_base", narrow.url, "--dataset", data, "--methods", "full", "--overwrite"],
        ...["--out", join(folder, "long-log.jsonl"), ...more],
      ]);
    const cut = await quality();
    expect(cut.code).toBe(0);
    expect(cut.stdout).toContain("samsum, rougeL");
    expect(cut.stdout).toMatch(/^n\s+3\s/m);
    const words = cut.stdout.replace(/\s+/g, " ");
    expect(words).toContain("Prompts were sent in the wording plain, as a chat in the model's template.");
    expect(words).toContain("The prompts of 2 of 3 examples were cut to fit the model's context");
    const skipped = await quality("--too_long", "skip", "--prompt_format", "completions");
    expect(skipped.code).toBe(0);
    expect(skipped.stdout).toMatch(/^n\s+1\s/m);
    const said = skipped.stdout.replace(/\s+/g, " ");
    expect(said).toContain("Left out because they are too long for the model's context: 2 of 3 examples.");
    expect(narrow.seen.filter(({ status }) => status !== 200)).toEqual([]);
    await narrow.close();
  });

  it("says which file it could not read, and what of it", async () => {
    const args = ["--api_base", serving.url, "--dataset", join(folder, "nothing.json")];
    const { code, stderr } = await firsttokenHere(["quality", ...args, "--out", join(folder, "none.jsonl")]);
    expect(code).toBe(1);
    expect(stderr).toContain("nothing.json");
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonl, ttftLine } from "../logs/ttft-row.js";
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

describe("firsttoken report", () => {
  it("prints the tables' rows and the warnings as JSON", async () => {
    const { stdout } = await report("logs/blend.jsonl", "--json");
    const { blend, compared, warnings, ...others } = JSON.parse(stdout);
    expect(blend).toHaveLength(4);
    expect(blend[1]).toMatchObject({ label: "CacheBlend 15%", speedup: 4 });
    expect(compared[0]).toMatchObject({ label: "CacheBlend 15%", difference: 4, verdict: "sooner" });
    expect([warnings.length, others]).toEqual([1, {}]);
  });

  it("compares logs under the names they are given", async () => {
    const line = (i: number, ttft: number) => ttftLine({ ttft_seconds: ttft * (1 + i / 97), trial: i });
    const log = (ttft: number) => jsonl(...[1, 2, 3, 4, 5].map((i) => line(i, ttft)));
    const [a, b] = [write("a/all.jsonl", log(0.5)), write("b/all.jsonl", log(0.25))];
    const named = await report(`vLLM=${a}`, `LMCache=${b}`, "--baseline", "vLLM", "--json");
    expect(JSON.parse(named.stdout).ttft).toMatchObject([
      { label: "vLLM", cold_speedup: null },
      { label: "LMCache", cold_speedup: 2 },
    ]);
    const plain = await report("*/all.jsonl", "--json");
    expect(JSON.parse(plain.stdout).ttft).toMatchObject([{ label: "a/all" }, { label: "b/all" }]);
    const mixed = await report(`vLLM=${a}`, b);
    expect([mixed.code, mixed.stderr]).toEqual([
      2,
      '\nLOG must be LABEL=LOG when other logs have a label; received "b/all.jsonl".\n',
    ]);
  });

  it("says of a file that is none of its logs which keys it has and which a log has", async () => {
    write("other.jsonl", '\n{"time": 1, "level": "info"}\n');
    const { code, stderr } = await report("other.jsonl");
    expect(code).toBe(1);
    expect(stderr).toContain(
      "other.jsonl, line 2: not a log of firsttoken: its record has the keys time, level; a load log has workload, arrivals; a quality log has example_id, score;",
    );
  });

  it("stops at a bad line, or reads on and lists it", async () => {
    const lines = readFileSync(join(folder, "logs/blend.jsonl"), "utf8");
    write("bad.jsonl", `${lines}{"method": "magic"}\n`);
    write("empty.jsonl", "");
    const stopped = await report("bad.jsonl", "--out", "bad.html");
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain("bad.jsonl, line 21: ");
    expect(() => readFileSync(join(folder, "bad.html"))).toThrow("ENOENT");
    const read = await report("bad.jsonl", "empty.jsonl", "--skip_bad_lines", "--json", "--out", "bad.html");
    expect(read.code).toBe(0);
    expect(JSON.parse(read.stdout).warnings.slice(0, 2)).toEqual([
      "empty.jsonl contains no record.",
      expect.stringContaining("bad.jsonl, line 21: "),
    ]);
  });

  it("refuses wrong usage with 2, and never writes over a log", async () => {
    for (const args of [
      [],
      ["logs/ttft.jsonl", "--out", "logs/ttft.jsonl"],
      ["logs/*.jsonl", "--baseline", "x"],
    ]) {
      expect((await report(...args)).code).toBe(2);
    }
    const { code, stderr } = await report("logs/ttft.jsonl", "--out", "no/such/folder/page.html");
    expect(code).toBe(1);
    expect(stderr).toContain("Can't write no/such/folder/page.html: its folder is not there");
    expect((await report("none*.jsonl")).stderr).toContain("No file matches none*.jsonl");
  });
});

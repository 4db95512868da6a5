import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { load, quality, ttft } from "../../src/index.js";
import type { LogProblem } from "../../src/logs/files/problem.js";
import { readByKind } from "../../src/logs/read-by-kind.js";
import { REPORT_ROWS } from "../report/report-rows.js";
import { firsttokenHere } from "../support/cli-here.js";
import { jsonl, ttftLine } from "./ttft-row.js";

const room = mkdtempSync(join(tmpdir(), "found-logs-"));
afterAll(() => rmSync(room, { recursive: true, force: true }));

let folder: string;
let problems: LogProblem[];
const onProblem = (problem: LogProblem) => void problems.push(problem);
const put = (name: string, content: string | Uint8Array) => {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), content);
};
beforeEach(() => {
  folder = mkdtempSync(join(room, "case-"));
  problems = [];
});

describe("a folder as a source", () => {
  it("stands for all logs of the kind in it and below, and reports what else is there", async () => {
    put("a.jsonl", jsonl(ttftLine({ ttft_seconds: 0.1 })));
    put("a.jsonl.meta.json", "{}");
    put("deep/er/b.jsonl.gz", gzipSync(jsonl(ttftLine({ ttft_seconds: 0.2 }))));
    put("deep/q.jsonl", jsonl(...REPORT_ROWS.quality));
    put(".hidden/c.jsonl", jsonl(ttftLine({ ttft_seconds: 0.3 })));
    put("report.html", "<html>");
    put("package.json", '{\n  "name": "mine"\n}\n');
    put("empty.jsonl", "");
    const rows = await ttft.read(folder, { onProblem });
    expect(rows.map(({ ttft_seconds }) => ttft_seconds)).toEqual([0.1, 0.2]);
    expect(problems.map(({ kind, message }) => [kind, message.replace(folder, "")])).toEqual([
      ["left out", "/deep/q.jsonl holds quality records; it was left out."],
      ["left out", "/empty.jsonl contains no record; it was left out."],
      ["left out", "/package.json contains no record; it was left out."],
    ]);
    expect(await quality.read(folder, { onProblem })).toHaveLength(REPORT_ROWS.quality.length);
    expect((await ttft.summarise(folder, { onProblem })).map(({ label }) => label)).toHaveLength(2);
  });

  it("can be one of several sources, under a label", async () => {
    put("one/a.jsonl", jsonl(ttftLine(), ttftLine()));
    put("two/a.jsonl", jsonl(ttftLine()));
    const rows = await ttft.read({ one: join(folder, "one"), two: [join(folder, "two", "a.jsonl")] });
    expect(rows.map(({ label }) => label)).toEqual(["one", "one", "two"]);
  });

  it("counts a request once that a merged log holds too", async () => {
    const lines = [
      ttftLine({ ttft_seconds: Math.sqrt(2) / 7 }),
      ttftLine({ ttft_seconds: Math.sqrt(3) / 7 }),
    ];
    put("ttft_1000.jsonl", jsonl(lines[0]));
    put("ttft.jsonl", jsonl(...lines));
    expect(await ttft.read(folder, { onProblem })).toHaveLength(2);
  });

  it("takes other tools' results by their content, whatever their names", async () => {
    const theirs = join(import.meta.dirname, "../fixtures/foreign");
    const rows = await load.read(join(theirs, "aiperf"), { onProblem });
    expect(new Set(rows.map(({ source_tool }) => source_tool))).toEqual(new Set(["AIPerf"]));
    expect(problems.map(({ message }) => message).join()).toContain("totals alone");
    expect((await load.totals(join(theirs, "aiperf"), { onProblem })).length).toBeGreaterThan(0);
  });

  it("is refused if it holds nothing of the kind, or no log at all", async () => {
    put("q.jsonl", jsonl(...REPORT_ROWS.quality));
    await expect(ttft.read(folder)).rejects.toThrow(
      /no ttft log in the folder: .*q\.jsonl holds quality records\./,
    );
    mkdirSync(join(folder, "empty"));
    await expect(ttft.read(join(folder, "empty"))).rejects.toThrow(/no log in the folder/);
    await expect(ttft.read({ a: folder, b: join(folder, "q.jsonl") })).rejects.toThrow();
  });

  it("gives a report every kind in it, and stops it at a bad line", async () => {
    put("t.jsonl", jsonl(ttftLine(), ttftLine({ cache_state: "warm" })));
    put("q.jsonl", jsonl(...REPORT_ROWS.quality));
    const { ttft: rows, quality: scores } = await readByKind(folder);
    expect([rows.length, scores.length]).toEqual([2, REPORT_ROWS.quality.length]);
    const page = join(folder, "report.html");
    put("u.jsonl", `${jsonl(ttftLine())}{"run_index": 0}\n`);
    const { code, stderr } = await firsttokenHere(["report", folder, "--out", page]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("u.jsonl, line 2")]);
  });
});

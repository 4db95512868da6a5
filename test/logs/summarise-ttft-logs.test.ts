import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, expectTypeOf, it } from "vitest";
import { LogError } from "../../src/domain/errors/errors.js";
import type { LogProblem } from "../../src/logs/files/problem.js";
import { readTtftLogs } from "../../src/logs/read-ttft-logs.js";
import { summariseTtftLogs } from "../../src/logs/summarise-ttft-logs.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { random } from "../../src/stats/random.js";
import { jsonl, ttftLine } from "./ttft-row.js";

const folder = mkdtempSync(join(tmpdir(), "summarise-"));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** A log of requests cold and warm, some failed, some contradicted, some without a token. */
const log = (count: number, seed: string) => {
  const draw = random(seed);
  return Array.from({ length: count }, (_, i) => {
    const context_target = [1000, 4000][i % 2];
    const fate = draw();
    return ttftLine({
      context_target,
      trial: i + 1,
      run_index: (i % 3) + 1,
      cache_state: ["cold", "warm", "flushed"][i % 3],
      ttft_seconds: fate < 0.1 ? null : context_target! * 1e-4 * Math.exp(0.3 * draw.normal()),
      ...(fate < 0.05 && { outcome: "timeout", error: "no byte in 300 s" }),
      evidence: fate > 0.9 ? "contradicted" : fate > 0.8 ? "unproven" : "proven",
    });
  });
};

describe("summariseTtftLogs", () => {
  it("never joins two models or two servers under one label", async () => {
    const manifest = (server: string) => JSON.stringify({ server, options: {}, started_at: "2026-11-20" });
    const a = write(
      "server-a.jsonl",
      jsonl(ttftLine({ ttft_seconds: 1 }), ttftLine({ ttft_seconds: 2, model: "m" })),
    );
    const b = write("server-b.jsonl", jsonl(ttftLine({ ttft_seconds: 3 })));
    write("server-a.jsonl.meta.json", manifest("http://a/v1"));
    write("server-b.jsonl.meta.json", manifest("http://b/v1"));
    const rows = await summariseTtftLogs({ vLLM: [a, b] });
    expect(rows.map(({ model, log_server, median_seconds }) => [model, log_server, median_seconds])).toEqual([
      ["tiny", "http://a/v1", 1],
      ["m", "http://a/v1", 2],
      ["tiny", "http://b/v1", 3],
    ]);
  });

  it("leaves out prompts that stand still while contexts grow, as the table does, also those that came first", async () => {
    const at = (context: number, prompt_tokens: number) =>
      ttftLine({
        ...{ context_target: context, context_tokens: context, prompt_tokens, ttft_seconds: context / 1e4 },
        token_counter: "≈ 4 characters a token",
      });
    const path = write("cut.jsonl", jsonl(at(2_000, 2_010), at(4_500, 4_096), at(9_000, 4_096)));
    const rows = await summariseTtftLogs(path);
    expect(rows.map(({ n, cut_n }) => [n, cut_n])).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
    expect(ttftTable(await readTtftLogs(path)).rows.map(({ cut_n }) => cut_n)).toEqual([0, 1, 1]);
  });

  it("counts to any first token where that is asked for", async () => {
    const path = write("thinks.jsonl", jsonl(ttftLine({ ttft_seconds: 3, first_reasoning_seconds: 1 })));
    const medians = async (firstToken: "content" | "any") =>
      (await summariseTtftLogs(path, { firstToken })).map(({ median_seconds }) => median_seconds);
    expect([await medians("content"), await medians("any")]).toEqual([[3], [1]]);
  });

  it("counts and takes medians as the table of the same rows does", async () => {
    const sources = {
      vLLM: write("a.jsonl", jsonl(...log(600, "a"))),
      LMCache: write("b.jsonl", jsonl(...log(300, "b"))),
    };
    for (const includeContradicted of [false, true]) {
      const summary = await summariseTtftLogs(sources, { includeContradicted });
      expectTypeOf(summary[0]!.label).toEqualTypeOf<"vLLM" | "LMCache">();
      const table = ttftTable(await readTtftLogs(sources), { includeContradicted }).rows;
      expect(summary).toHaveLength(12);
      for (const { label, context_tokens, failed_n, ...row } of table) {
        const own = summary.filter((one) => one.label === label && one.context_tokens === context_tokens);
        expect(own.map(({ cache_state, n, median_seconds }) => [cache_state, n, median_seconds])).toEqual(
          (["cold", "warm", "flushed"] as const).map((state) => [
            state,
            row[`${state}_n`],
            row[`${state}_median_seconds`],
          ]),
        );
        expect(own.reduce((sum, one) => sum + one.failed_n, 0)).toBe(failed_n);
        expect(
          own.every(
            ({ is_exact, tokenless_n, contradicted_n }) => is_exact && tokenless_n * contradicted_n > 0,
          ),
        );
      }
    }
  });

  it("is within 0.1 % where a cell has more than ten thousand requests, and says so", async () => {
    const cold = log(80_000, "large").filter((_, i) => i % 6 === 0);
    const path = write("large.jsonl", jsonl(...cold));
    const summary = await summariseTtftLogs(path);
    const [row] = ttftTable(await readTtftLogs(path)).rows;
    expect(summary[0]).toMatchObject({
      label: "large",
      context_tokens: 1000,
      cache_state: "cold",
      n: row!.cold_n,
      is_exact: false,
    });
    // The exact median is the mean of two neighbours, of which the sketch takes one: they are far nearer than 0.1 %.
    expect(summary[0]!.median_seconds! / row!.cold_median_seconds!).toBeGreaterThan(0.9989);
    expect(summary[0]!.median_seconds! / row!.cold_median_seconds!).toBeLessThan(1.0011);
  });

  it("reports files that hold each other's rows, and a log appended to itself", async () => {
    const [first, second] = [log(6, "x"), log(6, "y")];
    const all = write("all.jsonl", jsonl(...first, ...second));
    const part = write("part.jsonl", jsonl(...second));
    const twice = write("twice.jsonl", jsonl(...log(6, "z")).repeat(2));
    const problems: LogProblem[] = [];
    const rows = await summariseTtftLogs([all, part, twice], {
      onProblem: (problem) => problems.push(problem),
    });
    expect(problems.map(({ message }) => message)).toEqual([
      `${all}: at least one of its rows is in ${part} too; rows that are in both were counted twice.`,
      `${twice}: 6 rows are in it twice, as if a log had been appended to itself; they were counted once.`,
    ]);
    expect(
      rows.reduce((sum, row) => sum + row.n + row.failed_n + row.tokenless_n + row.contradicted_n, 0),
    ).toBe(6 + 6 + 6 + 6);
  });

  it("stops at a bad line unless told to skip it", async () => {
    const path = write("bad.jsonl", `${jsonl(ttftLine())}{"run_index": 0}\n`);
    await expect(summariseTtftLogs(path)).rejects.toThrow(LogError);
    const problems: LogProblem[] = [];
    await summariseTtftLogs(path, { onBadLine: "skip", onProblem: (problem) => problems.push(problem) });
    expect(problems.map(({ kind }) => kind)).toEqual(["bad line"]);
  });

  it("takes the states of a log that does not say them from the order of its runs", async () => {
    const seed = [0.4, 0.1].map((ttft_seconds, i) => ({
      run_index: i + 1,
      context_tokens: 1000,
      ttft_seconds,
    }));
    const path = write("seed.jsonl", jsonl(...seed));
    const states = async (options = {}) =>
      (await summariseTtftLogs(path, options)).map((row) => row.cache_state);
    expect(await states()).toEqual([null]);
    expect(await states({ seedStates: { first: "cold", following: "warm" } })).toEqual(["cold", "warm"]);
  });
});

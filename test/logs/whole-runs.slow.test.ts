import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { loadDataset } from "../../src/datasets/load-dataset.js";
import { measureQuality } from "../../src/experiments/methods/quality.js";
import { sweepTtft } from "../../src/experiments/ttft/ttft-sweep.js";
import type { LogProblem } from "../../src/logs/files/problem.js";
import { readByKind } from "../../src/logs/read-by-kind.js";
import { readQualityLogs } from "../../src/logs/read-method-logs.js";
import { readTtftLogs } from "../../src/logs/read-ttft-logs.js";
import { summariseTtftLogs } from "../../src/logs/summarise-ttft-logs.js";
import { fullKvReuse } from "../../src/methods/full-kv-reuse.js";
import { fullPrefill } from "../../src/methods/full-prefill.js";
import { qualityTable } from "../../src/report/methods/quality-table.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { firsttokenHere } from "../support/cli-here.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";

const SHARDS = 3;
let serving: EngineHere;
let server: Server;
const base = mkdtempSync(join(tmpdir(), "whole-runs-"));
const [sweeps, alone, evaluation, evaluationAlone] = [
  "sweeps",
  "alone.jsonl",
  "quality",
  "quality.jsonl",
].map((name) => join(base, name)) as [string, string, string, string];

beforeAll(async () => {
  serving = await engineHere();
  server = await connect(serving.url);
  const sweep = { server, contextTokens: [40, 60, 80], runs: 2, warmUps: 1 };
  const dataset = await loadDataset("multihop", { samples: 7 });
  const methods = { "Full prefill": fullPrefill(server), "Full KV reuse": fullKvReuse(server) };
  await sweepTtft({ ...sweep, log: alone });
  await measureQuality({ dataset, methods, log: evaluationAlone });
  for (let index = 0; index < SHARDS; index++) {
    const shard = { index, count: SHARDS, ownServers: true };
    await sweepTtft({ ...sweep, log: sweeps, shard });
    await measureQuality({ dataset, methods, log: evaluation, shard });
  }
});
afterAll(async () => {
  server.close();
  await serving.close();
  rmSync(base, { recursive: true });
});

/** A copy of a run in parts, to be damaged. */
const copyOf = (run: string) => {
  const copy = join(mkdtempSync(join(base, "copy-")), "run");
  cpSync(run, copy, { recursive: true });
  return copy;
};
const logOf = (run: string, index: number) => join(run, `shard=${index}`, "log.jsonl");
const linesOf = (log: string) => readFileSync(log, "utf8").trimEnd().split("\n");
const readPartly = async (run: string) => {
  const problems: LogProblem[] = [];
  const rows = await readTtftLogs(run, {
    allowPartial: true,
    onProblem: (problem) => problems.push(problem),
  });
  return { rows, problems: problems.map(({ message }) => message) };
};

describe("a run measured in parts, read as a folder", () => {
  it("is one run of one machine's cells, under one label", async () => {
    const [merged, one] = [await readTtftLogs(sweeps), await readTtftLogs(alone)];
    const placesOf = (rows: typeof merged) =>
      rows
        .map(({ context_target, trial, cache_state }) => `${context_target} ${trial} ${cache_state}`)
        .sort();
    expect(placesOf(merged)).toEqual(placesOf(one));
    expect(new Set(merged.map(({ label }) => label))).toEqual(new Set(["sweeps"]));
    expect(merged.every(({ missing_cells }) => missing_cells === null)).toBe(true);
    expect(ttftTable(merged).text).not.toContain("not whole");
  });

  it("gives an evaluation the scores and the comparison of one machine", async () => {
    const [merged, one] = [await readQualityLogs(evaluation), await readQualityLogs(evaluationAlone)];
    const comparison = (rows: typeof merged) =>
      qualityTable(rows).rows.map(({ label, n, score, difference, difference_low }) => ({
        ...{ label, n, score, difference, difference_low },
      }));
    expect(comparison(merged)).toEqual(comparison(one));
    expect(merged).toHaveLength(14);
  });

  it("is refused where a part is missing, which is named, unless that is allowed", async () => {
    const run = copyOf(sweeps);
    rmSync(join(run, "shard=1"), { recursive: true });
    await expect(readTtftLogs(run)).rejects.toThrow(
      /lacks 2 of 6 cells: nothing of part 1 of 3 \(from 0\) is there\. .*with allowPartial: true/,
    );
    const { rows, problems } = await readPartly(run);
    expect(rows).toHaveLength(8);
    expect(problems).toEqual([expect.stringContaining("lacks 2 of 6 cells")]);
    expect(ttftTable(rows).text).toContain("This run is not whole: 2 of its 6 cells are missing.");
  });

  it("is one run where each part had a server of its own", async () => {
    const run = copyOf(sweeps);
    const page = `${logOf(run, 1)}.meta.json`;
    const manifest = JSON.parse(readFileSync(page, "utf8"));
    writeFileSync(page, JSON.stringify({ ...manifest, server: "http://another:8000/v1" }));
    const rows = await readTtftLogs(run);
    expect(new Set(rows.map(({ log_server }) => log_server))).toEqual(new Set([null]));
    expect(ttftTable(rows).rows).toHaveLength(3);
  });

  it("is not measured with counters that other parts move", async () => {
    const shard = { index: 0, count: 2 };
    const options = { contextTokens: [40], runs: 1, log: join(base, "counted"), shard };
    await expect(sweepTtft({ server, ...options })).rejects.toThrow("connected with { shared: true }");
    const shared = await connect(serving.url, { shared: true });
    const rows = await sweepTtft({ server: shared, ...options });
    expect(rows.map(({ evidence }) => evidence)).toEqual(["proven", "proven"]);
    shared.close();
  });

  it("is refused where a part was not finished, with its cells", async () => {
    const run = copyOf(sweeps);
    const lines = linesOf(logOf(run, 2));
    const { context_target, trial } = JSON.parse(lines.at(-1)!);
    writeFileSync(logOf(run, 2), `${lines.slice(0, -1).join("\n")}\n`);
    await expect(readTtftLogs(run)).rejects.toThrow(
      `lacks 1 of 6 cells: not measured in full: ${context_target} tokens, trial ${trial} (part 2)`,
    );
  });

  it("is whole where a trial failed cold, for its warm request is not sent then", async () => {
    const run = copyOf(sweeps);
    const [cold, , ...others] = linesOf(logOf(run, 0)).map((line) => JSON.parse(line));
    const failed = { ...cold, outcome: "error", error: "cut", ttft_seconds: null };
    writeFileSync(logOf(run, 0), [failed, ...others].map((row) => `${JSON.stringify(row)}\n`).join(""));
    expect(await readTtftLogs(run, { onProblem: () => {} })).toHaveLength(11);
  });

  it("is refused where every part was stopped within its cells", async () => {
    const keepFirst = (run: string, isKept: (row: Record<string, unknown>) => boolean) => {
      for (let index = 0; index < SHARDS; index++) {
        const log = logOf(run, index);
        const kept = linesOf(log).filter((line) => isKept(JSON.parse(line)));
        writeFileSync(log, kept.map((line) => `${line}\n`).join(""));
      }
    };
    const sweep = copyOf(sweeps);
    keepFirst(sweep, ({ cache_state }) => cache_state === "cold");
    await expect(readTtftLogs(sweep)).rejects.toThrow("lacks 6 of 6 cells");
    const quality = copyOf(evaluation);
    keepFirst(quality, ({ label }) => label === "Full prefill");
    await expect(readQualityLogs(quality)).rejects.toThrow("lacks 7 of 7 cells");
  });

  it("is refused where a trial that had failed cold was resumed and stopped before its warm request", async () => {
    const run = copyOf(sweeps);
    const [cold, , ...others] = linesOf(logOf(run, 0)).map((line) => JSON.parse(line));
    const failed = { ...cold, outcome: "error", error: "cut", ttft_seconds: null };
    const rows = [failed, cold, ...others].map((row) => `${JSON.stringify(row)}\n`);
    writeFileSync(logOf(run, 0), rows.join(""));
    await expect(readTtftLogs(run, { onProblem: () => {} })).rejects.toThrow("lacks 1 of 6 cells");
  });

  it("is one run however its parts' paths are spelt", async () => {
    const here = (index: number) => relative(process.cwd(), logOf(sweeps, index));
    expect(await readTtftLogs([logOf(sweeps, 0), here(1), `${sweeps}/shard=2/./log.jsonl`])).toHaveLength(12);
    await expect(readTtftLogs(`${sweeps}/shard=2/./log.jsonl`)).rejects.toThrow("lacks 4 of 6 cells");
  });

  it("lacks under each of two labels what it lacks once", async () => {
    const run = copyOf(sweeps);
    rmSync(join(run, "shard=1"), { recursive: true });
    await expect(readTtftLogs({ A: run, B: run })).rejects.toThrow("lacks 2 of 6 cells");
    expect(await readTtftLogs({ A: sweeps, B: sweeps })).toHaveLength(24);
  });

  it("is summarised as it is read: whole, or refused", async () => {
    const own = copyOf(sweeps);
    const page = `${logOf(own, 1)}.meta.json`;
    const manifest = JSON.parse(readFileSync(page, "utf8"));
    writeFileSync(page, JSON.stringify({ ...manifest, server: "http://another:8000/v1" }));
    const summary = await summariseTtftLogs(own);
    expect(summary.map(({ context_tokens, n, log_server }) => [context_tokens, n, log_server])).toEqual(
      [40, 60, 80].flatMap((tokens) => [
        [tokens, 2, null],
        [tokens, 2, null],
      ]),
    );
    rmSync(join(own, "shard=1"), { recursive: true });
    await expect(summariseTtftLogs(own)).rejects.toThrow("lacks 2 of 6 cells");
    const problems: LogProblem[] = [];
    await summariseTtftLogs(own, { allowPartial: true, onProblem: (problem) => problems.push(problem) });
    expect(problems.map(({ kind }) => kind)).toEqual(["missing cells"]);
  });

  it("counts what stands twice once", async () => {
    const run = copyOf(sweeps);
    appendFileSync(logOf(run, 1), `${linesOf(logOf(run, 1))[0]}\n`);
    const { rows, problems } = await readPartly(run);
    expect(rows).toHaveLength(12);
    expect(problems.join()).toContain("in it twice");
  });

  it("is refused where a part lies there packed and not, which may hold two different things", async () => {
    const run = copyOf(sweeps);
    writeFileSync(`${logOf(run, 1)}.gz`, gzipSync(readFileSync(logOf(run, 1))));
    const refused = "Part 1 of .* has 2 logs: log.jsonl, log.jsonl.gz. Keep the one that is whole";
    await expect(readTtftLogs(run)).rejects.toThrow(new RegExp(refused));
    await expect(summariseTtftLogs(run)).rejects.toThrow(new RegExp(refused));
    rmSync(logOf(run, 1));
    expect(await readTtftLogs(run)).toHaveLength(12);
  });

  it("is refused where parts of two plans lie in one folder", async () => {
    const run = copyOf(sweeps);
    const page = `${logOf(run, 1)}.meta.json`;
    const manifest = JSON.parse(readFileSync(page, "utf8"));
    writeFileSync(page, JSON.stringify({ ...manifest, options: { ...manifest.options, plan_id: "other" } }));
    await expect(readTtftLogs(run, { allowPartial: true })).rejects.toThrow(
      /are not of one run: .* is of plan other/,
    );
  });

  it("is refused where a part has lost its manifest, which alone says of what it is a part", async () => {
    const run = copyOf(sweeps);
    rmSync(`${logOf(run, 0)}.meta.json`);
    await expect(readTtftLogs(run)).rejects.toThrow("does not say of which plan");
  });

  it("may have parts with nothing to do, which left empty logs", async () => {
    const run = join(base, "few");
    for (const index of [0, 1, 2]) {
      const shard = { index, count: 3, ownServers: true };
      await sweepTtft({ server, contextTokens: [40], runs: 2, warmUps: 0, log: run, shard });
    }
    const problems: LogProblem[] = [];
    expect(await readTtftLogs(run, { onProblem: (problem) => problems.push(problem) })).toHaveLength(4);
    expect((await readByKind(run)).problems).toEqual([]);
    expect(problems).toEqual([]);
  });

  it("is read from a glob of its parts, with a label or without", async () => {
    const run = copyOf(sweeps);
    const out = join(base, "parts.csv");
    const parts = join(run, "shard=*", "log.jsonl");
    for (const log of [parts, `A=${parts}`]) {
      const { code, stderr } = await firsttokenHere([
        "convert",
        log,
        "--to",
        "csv",
        "--out",
        out,
        "--overwrite",
      ]);
      expect([code, stderr]).toEqual([0, expect.stringContaining("12 ttft records")]);
    }
  });

  it("is not measured with a length that stands twice, whose trials could not be told apart", async () => {
    const options = { server, contextTokens: [40, 40], runs: 1, log: join(base, "twice.jsonl") };
    await expect(sweepTtft(options)).rejects.toThrow("contextTokens must not name a length twice");
  });

  it("is read by the report, which refuses or notes what is missing", async () => {
    const run = copyOf(sweeps);
    rmSync(join(run, "shard=0"), { recursive: true });
    const page = join(base, "report.html");
    const refused = await firsttokenHere(["report", run, "--out", page]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("lacks 2 of 6 cells");
    const allowed = await firsttokenHere(["report", run, "--out", page, "--allow-partial"]);
    expect(allowed.code).toBe(0);
    expect(readFileSync(page, "utf8")).toContain("This run is not whole: 2 of its 6 cells are missing.");
    const gated = await firsttokenHere([
      ...["report", run, "--out", page, "--allow-partial"],
      ...["--fail-if", "errors", "--fail-if", "ttft_median>1000"],
    ]);
    expect(gated.code).toBe(1);
    for (const gate of ["errors", "ttft_median"])
      expect(gated.stderr.replace(/\s+/g, " ")).toContain(
        `${gate} of ${run} can't be judged: ${run} lacks 2 of 6 cells`,
      );
    expect((await firsttokenHere(["report", sweeps, "--out", page, "--fail-if", "errors"])).code).toBe(0);
  });
});

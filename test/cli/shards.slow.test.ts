import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { describeJoining } from "../../src/experiments/methods/methods-option.js";
import { planFacts } from "../../src/experiments/run-plan.js";
import { cacheBlend } from "../../src/methods/cacheblend.js";
import { type LmcacheOptions, lmcacheChunks } from "../../src/methods/chunks/lmcache-chunks.js";
import { serveMock } from "../../src/mock/serve-mock.js";
import { jsonLines } from "../support/cli.js";
import { firsttokenHere } from "../support/cli-here.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";

type Row = Readonly<Record<string, unknown>>;

let serving: EngineHere;
beforeAll(async () => {
  serving = await engineHere();
});
afterAll(() => serving.close());

const newFolder = () => mkdtempSync(join(tmpdir(), "shards-"));
const rowsOf = (log: string): readonly Row[] => (existsSync(log) ? jsonLines(readFileSync(log, "utf8")) : []);
const manifestOf = (log: string) => JSON.parse(readFileSync(`${log}.meta.json`, "utf8"));
const shardLog = (folder: string, index: number) => join(folder, `shard=${index}`, "log.jsonl");

/** Commands whose plan can be shared, and what must stay together of it. */
const COMMANDS = {
  sweep: {
    args: ["sweep", "--context_sizes", "40,60,80", "--runs", "2"],
    out: "--out_dir",
    whole: (folder: string) => join(folder, "all_ttft_results.jsonl"),
    cellOf: (row: Row) => `${row.context_target} ${row.trial}`,
    armOf: (row: Row) => row.cache_state,
    cells: 6,
  },
  prompts: {
    args: ["prompts", "--context_size", "64", "--runs", "1"],
    out: "--out",
    whole: (folder: string) => folder,
    cellOf: (row: Row) => `${row.prompt_kind} ${row.trial}`,
    armOf: (row: Row) => row.cache_state,
    cells: 5,
  },
  blend: {
    args: [
      "blend",
      "--methods",
      "full,reuse",
      "--input_lengths",
      "256,512",
      "--trials",
      "2",
      "--warm_ups",
      "1",
    ],
    out: "--out",
    whole: (folder: string) => folder,
    cellOf: (row: Row) => `${row.input_target} ${row.trial}`,
    armOf: (row: Row) => row.label,
    cells: 4,
  },
  quality: {
    args: ["quality", "--dataset", "multihop", "--samples", "5", "--methods", "full,reuse", "--no-aa"],
    out: "--out",
    whole: (folder: string) => folder,
    cellOf: (row: Row) => String(row.example_id),
    armOf: (row: Row) => row.label,
    cells: 5,
  },
} as const;

describe.each(Object.entries(COMMANDS))("%s in parts", (_, { args, out, whole, cellOf, armOf, cells }) => {
  const run = (folder: string, ...more: readonly string[]) =>
    firsttokenHere([...args, "--api_base", serving.url, out, folder, ...more]);

  it("measures every cell once, whole, with the plan of one machine", async () => {
    const [one, parts] = [newFolder(), newFolder()];
    const alone = join(one, "alone");
    expect((await run(alone)).code).toBe(0);
    const count = 2;
    for (let index = 0; index < count; index++) {
      const { code, stderr } = await run(parts, "--shard", `${index}/${count}`);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain(`Log: ${shardLog(parts, index)}`);
    }
    const shards = Array.from({ length: count }, (_, index) => rowsOf(shardLog(parts, index)));
    const cellsOf = (rows: readonly Row[]) => new Set(rows.map(cellOf));
    const expected = rowsOf(whole(alone));
    expect(cellsOf(expected).size).toBe(cells);
    expect(shards.flatMap((rows) => [...cellsOf(rows)]).sort()).toEqual([...cellsOf(expected)].sort());
    const places = (rows: readonly Row[]) => rows.map((row) => `${cellOf(row)} ${armOf(row)}`).sort();
    expect(places(shards.flat())).toEqual(places(expected));
    const plans = Array.from(
      { length: count },
      (_, index) => manifestOf(shardLog(parts, index)).options.plan_id,
    );
    expect(new Set([...plans, manifestOf(whole(alone)).options.plan_id]).size).toBe(1);
  });
});

describe("the plan of a run", () => {
  const planOf = async (...more: readonly string[]) => {
    const log = join(newFolder(), "log.jsonl");
    const { code, stderr } = await firsttokenHere([
      ...["blend", "--methods", "full", "--input_lengths", "256", "--trials", "1", "--warm_ups", "0"],
      ...["--api_base", serving.url, "--out", log, ...more],
    ]);
    expect(code, stderr).toBe(0);
    return manifestOf(log).options.plan_id as string;
  };

  it("is another with whatever decides what is measured: a time limit, a tokenizer", async () => {
    const tokenizer = fileURLToPath(
      new URL("../fixtures/engine/language-models/qwen2/tokenizer.json", import.meta.url),
    );
    const plans = [
      await planOf(),
      await planOf("--timeout_seconds", "60"),
      await planOf("--idle_timeout_seconds", "60"),
      await planOf("--tokenizer", tokenizer),
    ];
    expect(new Set(plans).size).toBe(4);
    expect(await planOf("--tokenizer", tokenizer)).toBe(plans[3]);
  });

  it("is another with another way in which the server keeps chunks apart", async () => {
    const server = await connect(serving.url);
    const planOf = (options?: LmcacheOptions) => {
      const chunks = options && lmcacheChunks(options);
      const methods = { blend: cacheBlend(server, { ...(chunks && { chunks }) }) };
      return planFacts({ cells: ["one"], shard: undefined }, { joining: describeJoining(methods) }).plan_id;
    };
    const ways = [
      undefined,
      {},
      { separator: " | " },
      { bosToken: 1 },
      { protocol: "chunks" as const },
      { protocol: "chunks" as const, chunkTokens: 64 },
    ];
    expect(new Set(ways.map(planOf)).size).toBe(ways.length);
    expect(planOf({ separator: " # # " })).toBe(planOf({}));
    server.close();
  });
});

describe("a part of a run", () => {
  const quality = (folder: string, args: readonly string[], environment = {}) =>
    firsttokenHere([...COMMANDS.quality.args, "--api_base", serving.url, "--out", folder, ...args], {
      environment,
    });
  const sweep = (folder: string, args: readonly string[], environment = {}) =>
    firsttokenHere(
      [
        "sweep",
        "--api_base",
        serving.url,
        "--context_sizes",
        "40,60",
        "--runs",
        "1",
        "--out_dir",
        folder,
        ...args,
      ],
      { environment },
    );

  it("gives the predictions and scores of one machine", async () => {
    const [alone, parts] = [join(newFolder(), "quality.jsonl"), newFolder()];
    await quality(alone, []);
    for (const shard of ["0/2", "1/2"]) await quality(parts, ["--shard", shard]);
    const answers = (rows: readonly Row[]) =>
      rows
        .map(({ example_id, label, prediction, score }) => ({ example_id, label, prediction, score }))
        .sort(byText);
    expect(answers([0, 1].flatMap((index) => rowsOf(shardLog(parts, index))))).toEqual(
      answers(rowsOf(alone)),
    );
  });

  it.each([
    [
      "Slurm's array",
      { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "5", SLURM_ARRAY_TASK_COUNT: "3" },
      2,
    ],
    [
      "Slurm's array in steps",
      {
        ...{ SLURM_ARRAY_TASK_ID: "5", SLURM_ARRAY_TASK_MIN: "1", SLURM_ARRAY_TASK_STEP: "4" },
        SLURM_ARRAY_TASK_COUNT: "3",
      },
      1,
    ],
    ["Kubernetes' indexed job", { JOB_COMPLETION_INDEX: "0", JOB_COMPLETIONS: "3" }, 0],
  ])("is taken from %s, and announced", async (_, environment, index) => {
    const folder = newFolder();
    const { code, stderr } = await quality(folder, [], environment);
    expect(code).toBe(0);
    expect(stderr).toContain(`Part ${index} of 3 (from 0)`);
    expect(manifestOf(shardLog(folder, index)).options.shard).toEqual({ index, count: 3 });
  });

  it("is all of it where the flag says so, whatever the scheduler says", async () => {
    const folder = newFolder();
    const { stderr } = await sweep(folder, ["--shard", "0/1"], {
      JOB_COMPLETION_INDEX: "1",
      JOB_COMPLETIONS: "2",
    });
    expect(stderr).not.toContain("Part 1");
    expect(rowsOf(shardLog(folder, 0))).toHaveLength(4);
  });

  it("succeeds where it has nothing to measure, and asks the server nothing", async () => {
    const folder = newFolder();
    const { code, stdout, stderr } = await sweep(folder, ["--shard", "2/3"]);
    expect(code).toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toContain("Part 2 of 3 has nothing to measure");
    expect(rowsOf(shardLog(folder, 2))).toEqual([]);
  });

  it("goes on with its log when it is started again, and refuses that of another plan", async () => {
    const folder = newFolder();
    await sweep(folder, ["--shard", "0/2"]);
    const before = rowsOf(shardLog(folder, 0));
    expect((await sweep(folder, ["--shard", "0/2"])).code).toBe(0);
    expect(rowsOf(shardLog(folder, 0))).toEqual(before);
    const other = await sweep(folder, ["--shard", "0/2", "--seed", "2"]);
    expect(other.code).not.toBe(0);
    expect(other.stderr).toContain("plan_id was");
    expect((await sweep(folder, ["--shard", "0/2", "--seed", "2", "--overwrite"])).code).toBe(0);
  });

  it("ends with 0 in spite of failed requests, which it counts and asks again when it is started again", async () => {
    const folder = newFolder();
    const failing = await serveMock({ faults: { statuses: { 500: 0.3 } }, seed: 3 });
    try {
      const args = ["--context_sizes", "100,200", "--runs", "4", "--api_base", failing.url, "--shard", "0/1"];
      const { code, stderr } = await sweep(folder, args);
      const rows = rowsOf(shardLog(folder, 0));
      const failed = rows.filter(({ outcome }) => outcome !== "ok").length;
      expect(failed).toBeGreaterThan(0);
      expect([code, stderr]).toEqual([
        0,
        expect.stringContaining(`${failed} of ${rows.length} requests failed`),
      ]);
      const judged = ["report", folder, "--out", join(folder, "r.html"), "--fail-if", "errors"];
      expect((await firsttokenHere(judged)).code).toBe(1);
    } finally {
      await failing.close();
    }
  });

  it.each(["2/2", "-1/2", "1", "1/0", "0/x", "1e3/2000", "0/1000000"])("can't be %s", async (shard) => {
    const folder = newFolder();
    const { code, stderr } = await sweep(folder, ["--shard", shard]);
    expect(code).toBe(2);
    expect(stderr).toContain("i from 0 to n-1");
    expect(existsSync(join(folder, "shard=0"))).toBe(false);
  });

  it("asks its own server of a list, one a line", async () => {
    const folder = newFolder();
    const list = join(folder, "servers.txt");
    writeFileSync(list, `# two machines\nhttp://localhost:9/v1\n${serving.url}\n`);
    const own = (shard: string, ...more: readonly string[]) =>
      firsttokenHere(
        [
          "sweep",
          "--context_sizes",
          "40",
          "--runs",
          "2",
          "--out_dir",
          folder,
          "--servers",
          list,
          ...more,
        ].concat(shard === "" ? [] : ["--shard", shard]),
      );
    expect((await own("1/2")).code).toBe(0);
    expect(manifestOf(shardLog(folder, 1)).server).toBe(serving.url);
    expect((await own("0/2")).stderr).toContain("Nothing listens at http://localhost:9");
    expect(await own("")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--servers needs --shard"),
    });
    expect((await own("1/2", "--api_base", serving.url)).code).toBe(2);
  });

  it.each([
    { JOB_COMPLETION_INDEX: "2" },
    { JOB_COMPLETION_INDEX: "3", JOB_COMPLETIONS: "3" },
    { SLURM_ARRAY_TASK_ID: "9", SLURM_ARRAY_TASK_MIN: "0", SLURM_ARRAY_TASK_COUNT: "3" },
  ])("is not guessed from %o", async (environment) => {
    const { code, stderr } = await sweep(newFolder(), [], environment);
    expect(code).toBe(2);
    expect(stderr).toContain("--shard 0/1 to measure everything");
  });
});

const byText = (one: object, other: object) => JSON.stringify(one).localeCompare(JSON.stringify(other));

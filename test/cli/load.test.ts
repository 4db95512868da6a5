import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { group } from "d3-array";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines } from "../support/cli.js";
import { firsttokenHere } from "../support/cli-here.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";
import { answerWell, json, scriptedServer } from "../support/scripted-server.js";

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

describe("firsttoken load", () => {
  it("compares prefill and prefix cache where the workload has no documents", async () => {
    const few = ["--prompt_tokens", "256", "--hit_ratio", "0.25", "--concurrency", "1,2", "--requests", "3"];
    const { code, stdout } = await load(
      "prefix",
      ...["--api_base", serving.url, "--workload", "shared_prefix", "--json", ...few, "--record_gaps"],
    );
    expect(code).toBe(0);
    const table = JSON.parse(stdout) as { label: string; concurrency: number }[];
    expect(table.map(({ label, concurrency }) => `${label} ${concurrency}`)).toEqual([
      ...["Full prefill 1", "Full prefill 2", "Prefix cache 1", "Prefix cache 2"],
    ]);
    const rows = rowsOf("prefix");
    expect(new Set(rows.map(({ workload, arrivals }) => `${workload} ${arrivals}`))).toEqual(
      new Set(["shared_prefix closed"]),
    );
    expect(rows.every(({ gaps_seconds }) => Array.isArray(gaps_seconds))).toBe(true);
  });

  it("asks a dataset and a trace", async () => {
    const once = ["--api_base", serving.url, "--methods", "full", "--requests", "2", "--concurrency", "1"];
    const asked = [
      "--workload",
      "dataset",
      "--dataset",
      "multihop",
      "--samples",
      "4",
      "--output_tokens",
      "3",
    ];
    expect((await load("dataset", ...once, ...asked)).code).toBe(0);
    expect(rowsOf("dataset").every(({ score }) => typeof score === "number")).toBe(true);
    const trace = join(folder, "trace.csv");
    const lines = [1, 2, 4].map((at) => `${at},ChatGPT,100,8,108,Conversation log`);
    writeFileSync(
      trace,
      ["Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type", ...lines].join("\n"),
    );
    const { code } = await load(
      "trace",
      ...["--api_base", serving.url, "--methods", "full", "--workload", "trace", "--trace", trace],
      ...["--rates", "20", "--requests", "4", "--blocks", "1"],
    );
    expect(code).toBe(0);
    expect(new Set(rowsOf("trace").map(({ arrivals }) => arrivals))).toEqual(new Set(["trace"]));
  });

  it("ramps a rate, and refuses what a ramp can't be", async () => {
    const few = [
      "--api_base",
      serving.url,
      "--methods",
      "full",
      "--workload",
      "unique",
      "--prompt_tokens",
      "64",
    ];
    const ramp = ["--ramp", "10:40:1", "--ramp_strategy", "exponential", "--output_tokens", "2"];
    const { code, stdout } = await load("ramp", ...few, ...ramp);
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, " ")).toContain("exponential ramp from 10 to 40/s in 1 s");
    // 30 / ln 4 requests.
    expect(rowsOf("ramp").filter(({ phase }) => phase === "measured")).toHaveLength(22);
    for (const wrong of ["1:8", "8:8:60", "0:8:60", "1:8:x", "1:8:60:1", "::"]) {
      const refused = await load("no", ...few, "--ramp", wrong);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain("two different rates");
    }
    for (const other of [["--rates", "1"], ["--concurrency", "1"], ["--requests", "9"], ["--find_limit"]])
      expect((await load("no", ...few, "--ramp", "1:8:60", ...other)).stderr).toContain(
        "cannot be used with",
      );
    expect((await load("no", ...few, "--ramp_strategy", "linear")).stderr).toContain("is for --ramp");
    const short = await load("no", ...few, "--ramp", "1:2:3");
    expect(short).toMatchObject({ code: 2 });
    expect(short.stderr).toContain("--ramp must be long enough");
  });

  it("shows further times beside the percentiles of TTFT", async () => {
    const few = ["--concurrency", "2", "--requests", "10", "--blocks", "1", "--methods", "full"];
    const { code, stdout } = await load(
      "times",
      ...["--api_base", serving.url, ...POOL, ...few, "--percentiles", "50,90", "--times", "itl"],
    );
    expect(code).toBe(0);
    expect(stdout.match(/TTFT(?= |$)|ITL(?= |$)|TPOT(?= |$)|E2E(?= |$)/gm)!.slice(0, 6)).toEqual([
      ...["TTFT", "TTFT", "ITL", "ITL", "TPOT", "E2E"],
    ]);
  });

  it("refuses a rate for requests of a trace that all come at once", async () => {
    const trace = join(folder, "at-once-trace.jsonl");
    const row = (id: number) =>
      JSON.stringify({ timestamp: 0, input_length: 64, output_length: 2, hash_ids: [id] });
    writeFileSync(trace, [1, 2, 3, 4, 5, 6].map(row).join("\n"));
    const args = ["--api_base", serving.url, "--methods", "full", "--workload", "trace", "--trace", trace];
    const few = ["--requests", "4", "--blocks", "1"];
    const { code, stderr } = await load("at-once", ...args, ...few, "--rates", "20");
    expect(code).toBe(2);
    expect(stderr).toContain("--rates can't be kept: by the workload, all requests start at the same time");
    const timed = await load("at-once", ...args, ...few, "--time_scale", "2");
    expect(timed.stderr).toContain("--time_scale can't be kept: by the workload, all requests start");
    expect(timed.stderr).toContain("received 2.");
    expect((await load("at-once", ...args, ...few, "--concurrency", "2", "--overwrite")).code).toBe(0);
  });

  it("keeps the levels before a server died, and goes on behind them", async () => {
    let dead = false;
    let answered = 0;
    const server = await scriptedServer((response, { body }) => {
      if (dead) return void response.destroy();
      if (body.stream === true) answered += 1;
      answerWell(response);
    });
    const args = [
      "--api_base",
      server.url,
      "--workload",
      "unique",
      "--prompt_tokens",
      "64",
      "--methods",
      "full",
    ];
    const levels = ["--concurrency", "1,2,3", "--requests", "6", "--blocks", "2"];
    // Levels 1 and 2 are two blocks of 3 each, with a round before and behind.
    const whole = 2 * (3 + 2) + 2 * (3 + 4);
    const watch = setInterval(() => {
      dead ||= existsSync(log("dies")) && rowsOf("dies").length >= whole;
    }, 1);
    const died = await load("dies", ...args, ...levels);
    clearInterval(watch);
    expect(died.code).toBe(1);
    expect(died.stderr).toContain("--resume");
    const kept = readFileSync(log("dies"), "utf8");
    expect(new Set(rowsOf("dies").map(({ level }) => level)).has(2)).toBe(true);
    expect(rowsOf("dies").filter(({ level }) => level !== 3)).toHaveLength(whole);

    dead = false;
    answered = 0;
    const resumed = await load("dies", ...args, ...levels, "--resume");
    await server.close();
    expect(resumed.stderr).toContain("Blocks: 6 of 6");
    expect(readFileSync(log("dies"), "utf8").startsWith(kept)).toBe(true);
    expect(new Set(rowsOf("dies").map(({ level, block }) => `${level} ${block}`)).size).toBe(6);
    // All of it would be those and two blocks of 3 at level 3.
    expect(answered).toBeLessThan(whole + 2 * (3 + 6));
  });

  it("ends a search well though the server refused everything at a rate that was too high", async () => {
    const server = await scriptedServer((response, { body }) => {
      if (JSON.stringify(body).includes("a name that nobody has")) return answerWell(response);
      if (existsSync(log("search")) && rowsOf("search").length > 0)
        return json(response, 503, { error: { message: "busy" } });
      answerWell(response);
    });
    const args = [
      "--workload",
      "unique",
      "--prompt_tokens",
      "64",
      "--methods",
      "full",
      "--arrivals",
      "constant",
    ];
    const search = ["--find_limit", "--rates", "15,20", "--requests", "4", "--slo", "ttft=9"];
    const { code, stderr } = await load("search", "--api_base", server.url, ...args, ...search);
    await server.close();
    expect(stderr).toContain("Full prefill at 20/s: not met, by 0 % of the requests");
    expect(code).toBe(0);
  });

  it("counts refusals for too many requests and sends none of them again", async () => {
    let completions = 0;
    const server = await scriptedServer((response, { body }) => {
      if (body.stream !== true) return answerWell(response);
      completions += 1;
      if (completions < 9 || completions % 3 !== 0) return answerWell(response);
      response.setHeader("retry-after", "1");
      json(response, 429, { error: { message: "slow down" } });
    });
    const { code, stdout } = await load(
      "busy",
      ...["--api_base", server.url, "--workload", "unique", "--prompt_tokens", "64", "--methods", "full"],
      ...["--concurrency", "2", "--requests", "12", "--blocks", "1"],
    );
    await server.close();
    expect(code).toBe(1);
    expect(stdout).toContain("failed");
    expect(stdout).toMatch(/429/);
    const failed = rowsOf("busy").filter(({ outcome }) => outcome !== "ok");
    expect(failed.length).toBeGreaterThan(2);
    expect(failed.every(({ status }) => status === 429)).toBe(true);
    expect(rowsOf("busy")).toHaveLength(16);
  });

  it("shows how long reuse lasts where documents come from a pool, and programs the one table they expect", async () => {
    const args = ["--api_base", serving.url, "--workload", "document_pool", "--methods", "prefix"];
    const few = [...POOL, "--concurrency", "2", "--requests", "6", "--blocks", "1"];
    const { stdout } = await load("pool", ...args, ...few);
    expect(stdout).toContain("How long reuse lasts:");
    expect(stdout).toMatch(/^label +requests +n /m);
    const { stdout: csv } = await load("pool", ...args, ...few, "--resume", "--format", "csv");
    expect(csv).not.toContain("How long");
    expect(csv.trim().split("\n")).toHaveLength(2);
    const two = await load(
      "pools",
      ...args,
      ...POOL,
      "--concurrency",
      "1,2",
      "--requests",
      "4",
      "--blocks",
      "1",
    );
    const reuse = two.stdout.slice(two.stdout.indexOf("How long reuse lasts:"));
    expect([...reuse.matchAll(/^Prefix cache +× (\d)/gm)].map(([, places]) => places)).toEqual(["1", "2"]);
  });

  it("leaves whole blocks behind where Ctrl-C stops it", async () => {
    let stopped = false;
    const server = await scriptedServer((response) => {
      if (!stopped && existsSync(log("stopped")) && rowsOf("stopped").length > 0) {
        stopped = true;
        process.emit("SIGINT");
      }
      answerWell(response);
    });
    const args = [
      "--api_base",
      server.url,
      "--workload",
      "unique",
      "--prompt_tokens",
      "64",
      "--methods",
      "full",
    ];
    const levels = ["--concurrency", "1,2", "--requests", "4", "--blocks", "2"];
    const { code, stderr } = await load("stopped", ...args, ...levels);
    expect(code).toBe(130);
    expect(stderr).toContain("continue with --resume");
    const blocks = group(rowsOf("stopped"), ({ level, block }) => `${level} ${block}`);
    expect(blocks.size).toBeLessThan(4);
    for (const [key, rows] of blocks) expect(rows).toHaveLength(key.startsWith("1") ? 4 : 6);
    expect((await load("stopped", ...args, ...levels, "--resume")).code).toBe(0);
    expect(rowsOf("stopped")).toHaveLength(2 * 4 + 2 * 6);
    await server.close();
  });

  it("fails by a gate", async () => {
    const { code, stderr } = await load(
      "gate",
      ...["--api_base", serving.url, "--workload", "unique", "--prompt_tokens", "64", "--methods", "full"],
      ...["--concurrency", "1", "--requests", "4", "--blocks", "1", "--fail-if", "ttft_median>0"],
    );
    expect(code).toBe(1);
    expect(stderr).toContain("ttft_median>0");
  });
});

describe("what a load refuses, in the words of its flags", () => {
  it.each([
    [["--rates", "0"], "It must be a number above 0"],
    [["--rates", "1", "--concurrency", "2"], "--rates"],
    [["--concurrency", "2", "--arrivals", "poisson"], "--arrivals"],
    [["--concurrency", "2", "--burstiness", "2"], "--burstiness is for --rates"],
    [["--arrivals", "poisson", "--burstiness", "2"], "--burstiness is for --arrivals gamma; received 2."],
    [["--requests", "5", "--level_seconds", "5"], "--level_seconds"],
    [
      ["--workload", "unique", "--documents", "5"],
      "--pool_documents is for --workload rag or document_pool, not for unique",
    ],
    [["--documents", "4"], "--pool_documents must be at least --per_request, 6"],
    [["--document_tokens", "4"], "--document_tokens must be a whole number of at least 8; received 4."],
    [
      ["--order", "permuted", "--zipf_exponent", "1"],
      "--zipf_exponent must be left out where documents are permuted",
    ],
    [
      ["--workload", "shared_prefix", "--shared_tokens", "90"],
      "must have --shared_tokens and --own_tokens, or",
    ],
    [["--workload", "trace"], "--trace must be given"],
    [["--workload", "trace", "--trace", "/nowhere.jsonl"], "/nowhere.jsonl"],
    ...[
      ["--rates", "1"],
      ["--concurrency", "1"],
      ["--ramp", "1:2:9"],
      ["--find_limit", "--slo", "ttft=1"],
    ].map((other): [string[], string] => [
      ["--workload", "trace", "--time_scale", "0.5", ...other],
      `${other[0]} can't be combined with --time_scale`,
    ]),
    [["--workload", "unique", "--time_scale", "1"], "--time_scale is for --workload trace, not for unique"],
    [["--workload", "dataset"], "--dataset must be given"],
    [["--slo", "ttft"], "ttft"],
    [["--find_limit"], "--find_limit needs --slo"],
    [["--fail-if", "goodput<5"], "--fail-if of goodput needs --slo, the objectives"],
    [["--fail-if", "errors>0", "--fail-if", "goodput_share<0.9"], "--fail-if of goodput needs --slo"],
    [
      ["--find_limit", "--slo", "ttft=1", "--rates", "4,2"],
      "--rates must be the lowest and the highest rate",
    ],
    [["--find_limit", "--slo", "ttft=1", "--concurrency", "4"], "--concurrency"],
  ])("%j", async (args, message) => {
    // Nothing listens at port 9: a refusal comes before any connection.
    const { code, stderr } = await load("refused", "--api_base", "http://127.0.0.1:9/v1", ...args);
    expect([1, 2]).toContain(code);
    expect(stderr.replace(/\s+/g, " ")).toContain(message);
    expect(stderr).not.toContain("127.0.0.1:9");
    expect(existsSync(log("refused"))).toBe(false);
  });
});

describe("firsttoken load in parts", () => {
  const START = ["--start_at", "2999-01-01T12:00:00Z"];
  const PART = ["--shard", "0/2", "--api_base", "http://127.0.0.1:9"];
  it.each([
    ["without a start", PART, "--start_at must be given with --shard"],
    ["a start without parts", START, "--start_at is for a load in several parts"],
    ["a slot without parts", ["--slot_seconds", "9"], "--slot_seconds is for a load in several parts"],
    [
      "places without a slot",
      [...PART, ...START, "--concurrency", "4"],
      "--slot_seconds must be given with --concurrency",
    ],
    [
      "a search",
      [...PART, ...START, "--find_limit", "--slo", "ttft=1"],
      "--find_limit can't be combined with --shard",
    ],
    ["a gate", [...PART, ...START, "--fail-if", "errors>0"], "--fail-if can't be combined with --shard"],
    ["an engine of its own", ["--shard", "0/2", ...START], "--api_base must be given with --shard"],
  ])("refuses %s before it asks a server", async (_, args, message) => {
    const { code, stderr } = await firsttokenHere(["load", "--out", join(folder, "parts"), ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("needs a server for each part where they have their own", async () => {
    const list = join(folder, "servers.txt");
    writeFileSync(list, "http://127.0.0.1:9/v1\n");
    const args = ["--shard", "0/2", ...START, "--servers", list, "--out", join(folder, "parts")];
    expect(await firsttokenHere(["load", ...args])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--servers must name a server for each of the 2 parts"),
    });
  });
});

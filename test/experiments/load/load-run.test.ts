import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as load from "../../../src/api/load.js";
import * as methods from "../../../src/api/methods.js";
import * as workloads from "../../../src/api/workloads.js";
import { connect } from "../../../src/client/connect.js";
import type { Server } from "../../../src/client/server.js";
import { MethodRefused, OptionError, ServerError } from "../../../src/domain/errors/errors.js";
import { type EngineHere, engineHere } from "../../support/engine-here.js";
import { answerWell, json, type ScriptedServer, scriptedServer } from "../../support/scripted-server.js";

const room = mkdtempSync(join(tmpdir(), "load-"));
let logs = 0;
const newLog = () => join(room, `${logs++}.jsonl`);

let served: EngineHere;
let server: Server;
beforeAll(async () => {
  served = await engineHere();
  server = await connect(served.url);
});
afterAll(async () => {
  server.close();
  await served.close();
  rmSync(room, { recursive: true });
});

const pool = workloads.documentPool({ documents: 6, tokens: 64, perRequest: 2 });

describe("a load on the embedded engine", () => {
  it("measures exactly as many requests a second as its rate says, however few they are", async () => {
    const rows = await load.run({
      ...{ methods: { full: methods.fullPrefill(server) }, workload: workloads.unique({ promptTokens: 64 }) },
      ...{ ratesPerSecond: [20], requests: 12, blocks: 3, seed: 5, log: newLog() },
    });
    for (const block of [1, 2, 3]) {
      const own = rows.filter((row) => row.block === block);
      const measured = own.filter(({ phase }) => phase === "measured");
      const next = own.find(({ phase }) => phase === "ramp_down")!;
      expect(measured).toHaveLength(4);
      const seconds = next.scheduled_seconds! - measured[0]!.scheduled_seconds!;
      expect(seconds).toBeCloseTo(4 / 20, 9);
      // From when the first one really started, which is not before it was meant to.
      expect(measured[0]!.block_seconds!).toBeGreaterThanOrEqual(seconds - measured[0]!.wait_seconds! - 1e-9);
    }
  });

  it("scales a trace once over the whole, so that its busy and quiet times stay as far apart as they are", async () => {
    const trace = join(room, "bursts.jsonl");
    // Twelve requests, the first six ten times as close as the others; 11 gaps in 5.5 s are 2 a second.
    const at = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.5, 2.5, 3.5, 4.5, 5, 5.5];
    const line = (seconds: number) =>
      JSON.stringify({ timestamp: seconds * 1_000, input_length: 64, output_length: 1 });
    writeFileSync(trace, at.map(line).join("\n"));
    const rows = await load.run({
      ...{
        methods: { full: methods.fullPrefill(server) },
        workload: await workloads.trace(trace),
        log: newLog(),
      },
      ...{ ratesPerSecond: [20], requests: 8, blocks: 2 },
    });
    // A fifth of four before each block and a tenth behind: six requests a block, at ten times the trace's speed.
    for (const [block, first] of [
      [1, 0],
      [2, 6],
    ] as const) {
      const own = rows.filter((row) => row.block === block).map(({ scheduled_seconds }) => scheduled_seconds);
      expect(own).toEqual(
        at.slice(first, first + 6).map((one) => expect.closeTo((one - at[first]!) / 10, 9)),
      );
    }
  });

  it("replays a trace at its own times, stretched by its time scale, where no level is asked for", async () => {
    const trace = join(room, "own-times.jsonl");
    const at = [0, 0.1, 0.2, 0.3, 1.1, 1.2];
    const line = (seconds: number) =>
      JSON.stringify({ timestamp: seconds * 1_000, input_length: 64, output_length: 1 });
    writeFileSync(trace, at.map(line).join("\n"));
    const run = async (timeScale?: number, levels: object = {}) =>
      load.run({
        ...{ methods: { full: methods.fullPrefill(server) }, requests: 4, blocks: 1, log: newLog() },
        ...{
          workload: await workloads.trace(trace, timeScale === undefined ? {} : { timeScale }),
          ...levels,
        },
      });
    for (const timeScale of [undefined, 0.5]) {
      const rows = await run(timeScale);
      expect(rows.map(({ scheduled_seconds }) => scheduled_seconds)).toEqual(
        at.map((one) => expect.closeTo(one * (timeScale ?? 1), 9)),
      );
      // Five gaps in 1.2 s.
      expect(rows[0]).toMatchObject({ arrivals: "trace", level: 1 });
      expect(rows[0]!.rate_per_second).toBeCloseTo(5 / 1.2 / (timeScale ?? 1), 9);
    }
    await expect(run(0.5, { ratesPerSecond: [2] })).rejects.toThrow(
      "ratesPerSecond must be left out: timeScale says how fast the trace is replayed",
    );
    await expect(run(0.5, { concurrency: [2] })).rejects.toThrow("concurrency must be left out");
    await expect(run(undefined, { arrivals: "constant" })).rejects.toThrow("arrivals is for ratesPerSecond");
    const log = newLog();
    await expect(
      load.run({ methods: { full: methods.fullPrefill(server) }, workload: pool, log }),
    ).rejects.toThrow("ratesPerSecond must be given, or else concurrency or ramp");
  });

  it("asks all labels the same documents in the same order, each in words of its own", async () => {
    const compared = { one: methods.prefixCache(server), two: methods.prefixCache(server) };
    const rows = await load.run({
      ...{ methods: compared, workload: pool, requests: 6, blocks: 1, concurrency: [2], log: newLog() },
    });
    const of = (label: string) => rows.filter((row) => row.label === label);
    expect(of("one").map(({ documents }) => documents)).toEqual(of("two").map(({ documents }) => documents));
    expect(of("one")[0]).toMatchObject({ cached_tokens: 0, document_gap_requests: null });
    expect(of("two")[0]).toMatchObject({ cached_tokens: 0 });
  });

  it("goes on with a log where it was stopped, block by block", async () => {
    const log = newLog();
    const options = {
      ...{ methods: { full: methods.fullPrefill(server) }, workload: workloads.unique({ promptTokens: 64 }) },
      ...{ requests: 4, blocks: 2, concurrency: [1, 2], log },
    };
    const stop = new AbortController();
    const run = load.run({ ...options, signal: stop.signal, onBlock: () => stop.abort(new Error("enough")) });
    await expect(run).rejects.toThrow("enough");
    const first = readFileSync(log, "utf8");
    const rows = await load.run({ ...options, resume: true });
    expect(readFileSync(log, "utf8").startsWith(first)).toBe(true);
    expect(new Set(rows.map(({ level, block }) => `${level} ${block}`))).toEqual(
      new Set(["1 1", "1 2", "2 1", "2 2"]),
    );
    expect(rows).toHaveLength(4 + 4 + 6 + 6);
    await expect(load.run({ ...options, requests: 8, resume: true })).rejects.toThrow("requests");
  });

  it("refuses what can't be measured before it asks anything", async () => {
    const options = { methods: { full: methods.fullPrefill(server) }, workload: pool, log: newLog() };
    const wrong = async (more: object, rule: string) => {
      const error = await load.run({ ...options, ...more } as never).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(OptionError);
      expect((error as Error).message).toContain(rule);
    };
    await wrong({}, "must be given, or else concurrency");
    const ramp = { startPerSecond: 1, endPerSecond: 8, seconds: 60 };
    await wrong({ ramp, ratesPerSecond: [1] }, "no two of them");
    await wrong({ ramp, requests: 5 }, "requests can't be combined with ramp");
    await wrong({ ramp, blocks: 5 }, "blocks can't be combined with ramp");
    await wrong({ ramp: { ...ramp, endPerSecond: 1 } }, "another rate than it starts at");
    await wrong({ ramp: { ...ramp, seconds: 1 } }, "long enough for 20 requests");
    await wrong({ ramp: { ...ramp, startPerSecond: 0 } }, "ramp.startPerSecond must be a number above 0");
    await wrong({ ramp: { ...ramp, strategy: "steep" } }, 'ramp.strategy must be "linear" or "exponential"');
    await wrong({ ramp, workload: { ...pool, ownRatePerSecond: 2 } }, "have times of their own");
    await wrong({ ratesPerSecond: [1], concurrency: [1] }, "no two of them");
    await wrong({ ratesPerSecond: [1, 2, 1] }, "must name each level once");
    await wrong({ concurrency: [2, 2] }, "must name each level once");
    await wrong({ ratesPerSecond: [0] }, "must be a number above 0");
    await wrong({ ratesPerSecond: [1], burstiness: 2 }, "is for gamma arrivals");
    await wrong({ concurrency: [1], arrivals: "poisson" }, "is for ratesPerSecond");
    const reuse = {
      methods: { reuse: methods.fullKvReuse(server) },
      workload: workloads.unique({ promptTokens: 64 }),
    };
    await expect(load.run({ ...reuse, concurrency: [1], log: newLog() })).rejects.toThrow(MethodRefused);
  });
});

describe("a load on a server that fails", () => {
  let scripted: ScriptedServer | null = null;
  afterEach(() => scripted?.close());

  it("counts refusals for too many requests, and asks none of them again", async () => {
    let busy = 0;
    scripted = await scriptedServer((response, { count }) => {
      if (count < 8 || count % 3 !== 0) return answerWell(response);
      busy += 1;
      response.setHeader("retry-after", "1");
      json(response, 429, { error: { message: "slow down" } });
    });
    const at = await connect(scripted.url);
    const rows = await load
      .run({
        methods: { full: methods.fullPrefill(at) },
        ...{
          workload: workloads.unique({ promptTokens: 64 }),
          concurrency: [2],
          requests: 20,
          log: newLog(),
        },
      })
      .catch((error: unknown) => error as Error);
    at.close();
    if (rows instanceof Error) throw rows;
    const failed = rows.filter(({ outcome }) => outcome !== "ok");
    expect(failed.length).toBeGreaterThan(4);
    expect(failed.length).toBeLessThanOrEqual(busy);
    for (const row of failed) {
      expect(row).toMatchObject({
        status: 429,
        failure: "bad status",
        ttft_seconds: null,
        evidence: "unproven",
      });
    }
  });

  /** A load at two levels of a server that answers short requests, and refuses all others while `refuses` says so. */
  async function atTwoLevels(refuses: (level: number) => number | null, short = () => 200) {
    let level = 1;
    scripted = await scriptedServer((response, { body }) => {
      const isShort = JSON.stringify(body).includes("is a name that nobody has");
      const status = isShort ? short() : (refuses(level) ?? 200);
      if (status === 200) answerWell(response);
      else json(response, status, { error: { message: "no" } });
    });
    const at = await connect(scripted.url);
    const log = newLog();
    const options = {
      ...{ methods: { full: methods.fullPrefill(at) }, workload: workloads.unique({ promptTokens: 64 }) },
      ...{ log, concurrency: [1, 2, 3], requests: 4, blocks: 1, slo: { ttftSeconds: 60 } },
    };
    const { slo, ...asked } = options;
    const onBlock = ({ block }: { block: { level: number } }) => {
      level = block.level + 1;
    };
    const rows = await load.run({ ...asked, onBlock }).catch((error: unknown) => error as Error);
    at.close();
    if (rows instanceof Error) throw rows;
    const table = load.table(rows, { slo });
    return { levels: table.rows, text: table.toString() };
  }

  for (const status of [429, 503]) {
    for (const shed of [1, 2]) {
      it(`counts level ${shed} whose requests were all refused with ${status} as one with a goodput of 0, and goes on`, async () => {
        const { levels, text } = await atTwoLevels((level) => (level === shed ? status : null));
        expect(levels.map(({ concurrency, failed_n }) => [concurrency, failed_n])).toEqual(
          [1, 2, 3].map((level) => [level, level === shed ? 4 : 0]),
        );
        const [of, other] = [levels[shed - 1]!, levels[2]!];
        expect(text).not.toMatch(/does not (report|say)/);
        expect(of).toMatchObject({ goodput_per_second: 0, goodput_share: 0, requests_per_second: 0, n: 0 });
        expect(of.ttft_p50_seconds).toBeNull();
        expect(other).toMatchObject({ goodput_share: 1, n: 4 });
      });
    }
  }

  it("stops at refusals that no load explains, wherever they come", async () => {
    for (const status of [401, 404, 400])
      for (const level of [1, 2]) {
        const stopped = atTwoLevels((at) => (at === level ? status : null));
        await expect(stopped).rejects.toThrow(`HTTP ${status}`);
        await expect(stopped).rejects.toThrow(ServerError);
        await scripted?.close();
      }
  });

  it("stops where the first level fails by more than refusals, and counts a later one if the server still answers", async () => {
    await expect(atTwoLevels((level) => (level === 1 ? 500 : null))).rejects.toThrow("HTTP 500");
    await scripted?.close();
    const { levels } = await atTwoLevels((level) => (level === 2 ? 500 : null));
    expect(levels.map(({ failed_n }) => failed_n)).toEqual([0, 4, 0]);
  });

  it("waits until a server that refused a whole block answers again", async () => {
    let refused = 0;
    const { levels } = await atTwoLevels(
      (level) => (level === 2 ? 429 : null),
      () => (scripted!.chats.length > 8 && refused++ < 1 ? 429 : 200),
    );
    expect(levels.map(({ failed_n }) => failed_n)).toEqual([0, 4, 0]);
    expect(refused).toBeGreaterThan(1);
  });

  it("writes no block in which the server died, and measures it again", async () => {
    let left = Number.POSITIVE_INFINITY;
    scripted = await scriptedServer((response) => {
      if (left-- > 0) answerWell(response);
      else response.destroy();
    });
    const at = await connect(scripted.url);
    const options = {
      ...{ methods: { full: methods.fullPrefill(at) }, workload: workloads.unique({ promptTokens: 64 }) },
      ...{ log: newLog(), concurrency: [1, 2], requests: 6, blocks: 1 },
    };
    // Of the ten requests of level 2, three are answered.
    const onBlock = () => {
      left = 3;
    };
    await expect(load.run({ ...options, onBlock })).rejects.toThrow("resume: true");
    expect(new Set((await load.read(options.log)).map(({ level }) => level))).toEqual(new Set([1]));
    left = Number.POSITIVE_INFINITY;
    const rows = await load.run({ ...options, resume: true });
    at.close();
    expect(rows.filter(({ outcome }) => outcome === "ok").map(({ level }) => level)).toEqual([
      ...Array(8).fill(1),
      ...Array(10).fill(2),
    ]);
  });

  it("keeps the levels before a server's death, and goes on there", async () => {
    let dead = false;
    scripted = await scriptedServer((response) => {
      if (dead) response.destroy();
      else answerWell(response);
    });
    const at = await connect(scripted.url);
    const log = newLog();
    const options = {
      ...{
        methods: { full: methods.fullPrefill(at) },
        workload: workloads.unique({ promptTokens: 64 }),
        log,
      },
      ...{ concurrency: [1, 2, 3], requests: 4, blocks: 1 },
    };
    const onBlock = ({ block }: { block: { level: number } }) => {
      dead = block.level >= 2;
    };
    await expect(load.run({ ...options, onBlock })).rejects.toThrow(ServerError);
    const kept = await load.read(log);
    expect(kept.filter(({ level }) => level < 3).every(({ outcome }) => outcome === "ok")).toBe(true);
    dead = false;
    const rows = await load.run({ ...options, resume: true });
    at.close();
    expect(rows.filter(({ level, outcome }) => level === 3 && outcome === "ok")).toHaveLength(10);
  });
});

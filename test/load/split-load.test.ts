import { describe, expect, it } from "vitest";
import { COLUMN } from "../../src/load/answers/sample-row.js";
import { mergeSamples } from "../../src/load/answers/samples.js";
import { prepareShard } from "../../src/load/clients/prepare-shard.js";
import { type Arrivals, checkPlan, type RepeatedLoad } from "../../src/load/load-plan.js";
import { runLoad } from "../../src/load/run-load.js";
import { splitLoad } from "../../src/load/split-load.js";
import { busiestStarts, schedule } from "../../src/load/start-times.js";
import { answerWhole, gateServer } from "./gate-server.js";

const plan = (url: string, arrivals: Arrivals, requests: number): RepeatedLoad => ({
  url,
  apiKey: "sk-1234",
  mode: "chat",
  body: {},
  requests,
  arrivals,
  timeoutSeconds: 20,
  threads: 0,
});

describe("a schedule", () => {
  it("spaces requests evenly", () => {
    const even = { kind: "open", ratePerSecond: 200, spacing: "constant", seed: 1 } as const;
    expect([...schedule(even, 4)]).toEqual([0, 5e6, 10e6, 15e6]);
  });

  it("draws gaps as a Poisson process has them, the same for one seed", () => {
    const arrivals = { kind: "open", ratePerSecond: 100, spacing: "poisson", seed: 7 } as const;
    const times = schedule(arrivals, 20_000);
    expect(times).toEqual(schedule(arrivals, 20_000));
    expect(times).not.toEqual(schedule({ ...arrivals, seed: 8 }, 20_000));
    const gaps = times.map((time, i) => time - (times[i - 1] ?? 0));
    expect(gaps.every((gap) => gap >= 0)).toBe(true);
    // The exponential distribution: mean 10 ms and P(gap > 10 ms) = 1/e, each within four standard errors.
    expect(Math.abs(times.at(-1)! / 20_000 / 10e6 - 1)).toBeLessThan(4 / Math.sqrt(20_000));
    const longer = gaps.filter((gap) => gap > 10e6).length / 20_000;
    expect(Math.abs(longer - 1 / Math.E)).toBeLessThan(4 * Math.sqrt((1 - 1 / Math.E) / Math.E / 20_000));
  });
});

describe("the starts of a schedule", () => {
  it("are most where they are densest", () => {
    const starts = Float64Array.from([0, 1, 1.05, 1.1, 1.15, 3], (at) => at * 1e9);
    expect(busiestStarts(starts, 0.1)).toBe(3);
    expect(busiestStarts(starts, 10)).toBe(6);
    expect(busiestStarts(starts.slice(0, 1), 0.1)).toBe(1);
  });
});

describe("a closed loop", () => {
  it.each([1, 7, 256])("keeps exactly %i requests under way", async (concurrency) => {
    // Nothing is answered before so many are there: with fewer under way the load would stand still.
    const server = await gateServer((held) => (held.length === concurrency ? held : []), answerWhole);
    try {
      const requests = 3 * concurrency;
      const result = await runLoad(plan(server.url, { kind: "closed", concurrency }, requests));
      expect(result.requests.map(({ outcome }) => outcome)).toEqual(Array(requests).fill("ok"));
      expect(server.most).toBe(concurrency);
      expect(server.seen).toBe(requests);
    } finally {
      await server.close();
    }
  });
});

describe("an open loop", () => {
  const RATE = 200;
  const REQUESTS = 140;
  const STALLED_AT = 41;
  const STALL_SECONDS = 0.3;

  /** Answers at once, but from one request on nothing for a while. */
  async function stallingServer() {
    let stalls = false;
    const server = await gateServer((held, seen) => {
      if (seen === STALLED_AT) {
        stalls = true;
        setTimeout(() => {
          stalls = false;
          server.release();
        }, 1000 * STALL_SECONDS);
      }
      return stalls ? [] : held;
    }, answerWhole);
    return server;
  }

  /** The stall began when the server saw the request, at the earliest when that was due. */
  const leastSeconds = (request: number): number => STALL_SECONDS - (request - STALLED_AT + 1) / RATE - 0.002;
  /** A busy system may let a later request reach the server first; then an earlier one is held in its place. */
  const overtaken = (held: readonly boolean[]): number =>
    held.slice(0, STALLED_AT - 1).filter((waited) => waited).length;
  const arrivals = { kind: "open", ratePerSecond: RATE, spacing: "constant", seed: 1 } as const;

  /** The rows of a load in the order in which they were due. */
  async function rowsOf(url: string, connections: { first: number; most: number }): Promise<Float64Array[]> {
    const origin = process.hrtime.bigint();
    const [share] = splitLoad(checkPlan(plan(url, arrivals, REQUESTS)), 1, origin);
    if (share!.arrivals.kind !== "open") throw new Error("not an open loop");
    const own = { ...share!, arrivals: { ...share!.arrivals, connections } };
    const ready = await prepareShard(own, new AbortController().signal);
    const { samples } = await ready.run(Number(process.hrtime.bigint() - origin));
    return mergeSamples([samples])
      .map(({ row }) => row)
      .sort((a, b) => a[COLUMN.due]! - b[COLUMN.due]!);
  }
  const seconds = (row: Float64Array, from: keyof typeof COLUMN, to: keyof typeof COLUMN): number =>
    (row[COLUMN[to]]! - row[COLUMN[from]]!) / 1e9;

  it("starts nothing early, and counts the server's stall for every request that was due meanwhile", async () => {
    const server = await stallingServer();
    try {
      const rows = await rowsOf(server.url, { first: 16, most: 4096 });
      expect(rows).toHaveLength(REQUESTS);
      for (const [i, row] of rows.entries()) {
        expect(row[COLUMN.due]! - rows[0]![COLUMN.due]!).toBeCloseTo((i * 1e9) / RATE, 0);
        expect(row[COLUMN.picked]).toBeGreaterThanOrEqual(row[COLUMN.due]!);
        expect(row[COLUMN.sent]).toBeGreaterThanOrEqual(row[COLUMN.picked]!);
        expect(row[COLUMN.status]).toBe(200);
      }
      const held = rows.map((row, i) => seconds(row, "due", "lastByte") >= leastSeconds(i));
      const slipped = held.slice(STALLED_AT).filter((waited) => !waited);
      expect(slipped.length).toBeLessThanOrEqual(overtaken(held));
    } finally {
      await server.close();
    }
  });

  it("counts the waiting for a free connection where there may be no more of them", async () => {
    const server = await stallingServer();
    try {
      const rows = await rowsOf(server.url, { first: 1, most: 2 });
      expect(rows).toHaveLength(REQUESTS);
      expect(server.most).toBeLessThanOrEqual(2);
      const held = rows.map((row, i) => seconds(row, "due", "lastByte") >= leastSeconds(i));
      const slipped = held.slice(STALLED_AT).filter((waited) => !waited);
      expect(slipped.length).toBeLessThanOrEqual(overtaken(held));
      // All but the two that were under way were not even sent.
      const unsent = rows.map((row, i) => seconds(row, "due", "sent") >= leastSeconds(i));
      const sent = unsent.slice(STALLED_AT + 1).filter((waited) => !waited);
      expect(sent.length).toBeLessThanOrEqual(overtaken(held));
    } finally {
      await server.close();
    }
  });

  it("opens another connection for a request that finds none free", async () => {
    const server = await gateServer((held) => (held.length === 40 ? held : []), answerWhole);
    try {
      const poisson = { kind: "open", ratePerSecond: 160, spacing: "poisson", seed: 3 } as const;
      const { requests } = await runLoad(plan(server.url, poisson, 40));
      expect(requests.map(({ outcome }) => outcome)).toEqual(Array(40).fill("ok"));
      // 16 were opened before the clock started: enough for answers of a tenth of a second.
      expect(requests.filter(({ connect_seconds }) => connect_seconds === 0)).toHaveLength(16);
      for (const { connect_seconds, wait_seconds } of requests) {
        expect(wait_seconds).toBeGreaterThanOrEqual(connect_seconds!);
      }
    } finally {
      await server.close();
    }
  });
});

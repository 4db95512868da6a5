import { describe, expect, it } from "vitest";
import { COLUMN, WIDTH } from "../../src/load/answers/sample-row.js";
import { Samples } from "../../src/load/answers/samples.js";
import { clientLoad } from "../../src/load/client-load.js";
import { Histogram } from "../../src/load/clients/histogram.js";

/** A thread that was so busy, and so late in milliseconds. */
function thread(busy: number, delay: number, lateness: readonly number[]) {
  const late = new Histogram();
  for (const ms of lateness) late.record(ms * 1e6);
  const samples = new Samples().pack();
  return { samples, watch: { busy, delaySeconds: delay / 1000 }, lateness: late.toJSON() };
}

const NOTHING_TOLD = {
  ...{ failure: null, remark: null, finishReason: null, cachedTokensSource: null },
  ...{ text: null, gapSeconds: null },
};

/** Requests that took so many milliseconds. */
const taken = (...latencies: readonly number[]) =>
  latencies.map((ms) => {
    const row = new Float64Array(WIDTH);
    row[COLUMN.lastByte] = ms * 1e6;
    return { row, ...NOTHING_TOLD };
  });

describe("the client's load", () => {
  it("is that of its busiest thread, and the lateness of all", () => {
    const threads = [thread(0.2, 1, Array(99).fill(0)), thread(0.5, 2, [100])];
    const load = clientLoad(threads, taken(50, 50, 50), "closed");
    expect(load).toMatchObject({ cpu: 0.5, delaySeconds: 0.002, bottleneck: null });
    // The 99th of 100 values and a hundredth of the way to the 100th, by type 7, within 0.2 %.
    expect(load.scheduleDelaySeconds).toBeCloseTo(0.001, 5);
  });

  it("says that the client set the pace when its loop was never free", () => {
    const { bottleneck } = clientLoad([thread(0.2, 0, [0]), thread(0.97, 0, [0])], taken(50), "closed");
    expect(bottleneck).toMatch(/^The client's busiest thread was busy 97 % of the time/);
  });

  it("says when lateness is part of what was measured, and not when it is small beside it", () => {
    expect(clientLoad([thread(0.5, 20, [0])], taken(50), "closed").bottleneck).toMatch(/20\.0 ms late/);
    expect(clientLoad([thread(0.5, 20, [0])], taken(500), "closed").bottleneck).toBeNull();
    expect(clientLoad([thread(0.5, 4, [0])], taken(1), "closed").bottleneck).toBeNull();
    expect(clientLoad([thread(0.5, 1, [30])], taken(50), "open").bottleneck).toMatch(
      /requests were started 30\.0 ms late/,
    );
    expect(clientLoad([thread(0.5, 1, [30])], taken(50), "open").limit).toBe("late to start");
    expect(clientLoad([thread(0.5, 20, [0])], taken(50), "closed").limit).toBe("late to sockets");
    // In a closed loop a request is due when another ends: what parts the two is the loop's delay alone.
    expect(clientLoad([thread(0.5, 1, [30])], taken(50), "closed").bottleneck).toBeNull();
  });

  it("knows its load also when nothing went well", () => {
    expect(clientLoad([thread(0.5, 1, [0])], [], "open").bottleneck).toBeNull();
  });
});

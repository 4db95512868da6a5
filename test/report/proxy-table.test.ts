import { describe, expect, it } from "vitest";
import { proxyTable } from "../../src/report/proxy-table.js";
import { proxyRows } from "./proxy-rows.js";

/** Direct requests drift from 1 s up by the block; proxied ones take 10, 20, … ms more by their place. */
const drifting = (blocks = 6, more = {}) =>
  proxyRows({ blocks, places: 20, block_seconds: 10, ...more }, (block, place) => ({
    direct: { latency_seconds: block },
    proxied: { latency_seconds: block + place / 100 },
  }));

describe("proxyTable", () => {
  it("takes as overhead the median of the paired differences, in which drift cancels", () => {
    const [row] = proxyTable(drifting()).rows;
    // By hand: the differences are 0.01 … 0.20 in each of the 6 blocks, so their median is 0.105 in any resample.
    expect(row).toMatchObject({ blocks: 6, pairs: 120, failed_pairs: 0, overhead_reason: null });
    for (const key of ["overhead_seconds", "overhead_low_seconds", "overhead_high_seconds"] as const) {
      expect(row![key]).toBeCloseTo(0.105, 9);
    }
    // Of the medians alone: 3.5 direct; proxied the 60th and 61st of 120, 3.20 and 4.01.
    expect(row!.overhead_of_medians_seconds).toBeCloseTo(0.105, 9);
    expect(row!.direct_latency_p50_seconds).toBe(3.5);
    expect(row!.proxied_latency_p50_seconds).toBeCloseTo(3.605, 9);
  });

  it("gives the overhead without an interval, and the reason, where blocks are few", () => {
    const table = proxyTable(drifting(5));
    expect(table.rows[0]).toMatchObject({
      overhead_low_seconds: null,
      overhead_high_seconds: null,
      overhead_reason: "5 blocks of requests: an interval needs at least 6",
    });
    expect(table.rows[0]!.overhead_seconds).toBeCloseTo(0.105, 9);
    expect(table.text).toContain("5 blocks of requests");
  });

  it("keeps a failed request out of every time and its pair out of every difference, and says what failed", () => {
    const table = proxyTable(
      proxyRows({ places: 20 }, (_, place) => ({
        direct: { latency_seconds: 1 },
        proxied:
          place === 1
            ? {
                latency_seconds: 0.001,
                outcome: "error",
                failure: "bad status",
                error: "HTTP 500: out of memory",
              }
            : { latency_seconds: 1.5 },
      })),
    );
    expect(table.rows[0]).toMatchObject({
      direct_n: 120,
      proxied_n: 114,
      proxied_failed_n: 6,
      pairs: 114,
      failed_pairs: 6,
      proxied_latency_p50_seconds: 1.5,
      overhead_seconds: 0.5,
    });
    expect(table.text).toContain("proxied 6 bad status (HTTP 500: out of memory)");
    expect(table.text).toContain("6 pairs with a failed request are in no overhead.");
  });
});

import { describe, expect, it } from "vitest";
import { proxyTable } from "../../../src/report/proxy/proxy-table.js";
import { proxyRows } from "../proxy-rows.js";

/** Direct requests drift from 1 s up by the block; proxied ones take 10, 20, … ms more by their place. */
const drifting = (blocks = 6, more: Parameters<typeof proxyRows>[0] = {}) =>
  proxyRows({ blocks, places: 20, block_seconds: 10, ...more }, (block, place) => ({
    direct: { e2e_seconds: block },
    proxied: { e2e_seconds: block + place / 100 },
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
        direct: { e2e_seconds: 1 },
        proxied:
          place === 1
            ? {
                e2e_seconds: 0.001,
                outcome: "error",
                failure: "bad status",
                error: "HTTP 500: out of memory",
              }
            : { e2e_seconds: 1.5 },
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
    expect(table.text).toContain("6 pairs with a failed request are excluded from the overhead.");
  });

  it("has no p95 below 20 good requests and no p99 below 100, and says so", () => {
    const few = proxyTable(drifting(6, { places: 3 }));
    expect(few.rows[0]).toMatchObject({ direct_n: 18, direct_latency_p95_seconds: null });
    expect(few.text).toContain("a p95 needs 20 good requests");
    const some = proxyTable(drifting(6, { places: 16 }));
    expect(some.rows[0]).toMatchObject({ direct_latency_p95_seconds: 6, direct_latency_p99_seconds: null });
    expect(some.text).toContain("a p99 needs 100 good requests");
    expect(proxyTable(drifting(6, { places: 17 })).rows[0]).toMatchObject({ direct_latency_p99_seconds: 6 });
  });

  it("counts open-loop times from the intended start, so that a stall is not hidden", () => {
    const loads = (rate: { concurrency: number | null; rate_per_second: number | null }) =>
      proxyRows({ ...rate }, () => ({
        direct: { e2e_seconds: 1, wait_seconds: 0 },
        proxied: { e2e_seconds: 1, wait_seconds: 9 },
      }));
    const [open] = proxyTable(loads({ concurrency: null, rate_per_second: 50 })).rows;
    expect(open).toMatchObject({
      counted_from: "intended start",
      proxied_latency_p50_seconds: 10,
      overhead_seconds: 9,
      proxied_wait_p99_seconds: 9,
    });
    const [closed] = proxyTable(loads({ concurrency: 10, rate_per_second: null })).rows;
    expect(closed).toMatchObject({
      counted_from: "start",
      proxied_latency_p50_seconds: 1,
      overhead_seconds: 0,
      proxied_wait_p99_seconds: null,
    });
  });

  it("has no open-loop latency where the wait was not measured", () => {
    const rows = proxyRows({ concurrency: null, rate_per_second: 50 }, () => ({
      direct: { e2e_seconds: 1 },
      proxied: { e2e_seconds: 1, wait_seconds: 9 },
    }));
    expect(proxyTable(rows).rows[0]).toMatchObject({
      direct_latency_p50_seconds: null,
      overhead_seconds: null,
      overhead_reason: "none of the 120 pairs has two good and measured requests",
    });
  });

  it("takes good requests over their blocks' seconds as throughput, and the ratio of blocks that both have", () => {
    const rows = proxyRows({ blocks: 6, places: 10 }, (_, place) => ({
      direct: { e2e_seconds: 1, block_seconds: 2 },
      proxied: {
        e2e_seconds: 1,
        block_seconds: 5,
        ...(place === 1 && { outcome: "error", error: "refused at once" }),
      },
    }));
    // By hand: 60 in 12 s and 54 in 30 s, the same in every block.
    const [row] = proxyTable(rows).rows;
    expect(row).toMatchObject({ direct_requests_per_second: 5, proxied_requests_per_second: 1.8 });
    expect(row!.throughput_ratio_low).toBeCloseTo(0.36, 12);
    expect(row!.throughput_ratio_high).toBeCloseTo(0.36, 12);
  });

  it("does not pair across two runs that are read under one label", () => {
    const run = (seconds: number) =>
      proxyRows({ blocks: 3, places: 5 }, () => ({
        direct: { e2e_seconds: seconds },
        proxied: { e2e_seconds: seconds + 0.1 },
      }));
    const [row] = proxyTable([...run(1), ...run(100)]).rows;
    expect(row).toMatchObject({ blocks: 6, pairs: 30 });
    expect(row!.overhead_low_seconds).toBeCloseTo(0.1, 9);
    expect(row!.overhead_high_seconds).toBeCloseTo(0.1, 9);
  });

  it("pairs by place, whatever was left out of one side", () => {
    const rows = proxyRows({ places: 4 }, (_, place) => ({
      direct: place === 1 ? null : { e2e_seconds: place },
      proxied: place === 2 ? null : { e2e_seconds: place + 0.5 },
    }));
    expect(proxyTable(rows).rows[0]).toMatchObject({
      direct_n: 18,
      proxied_n: 18,
      pairs: 12,
      overhead_seconds: 0.5,
    });
  });

  it("holds one proxy's overhead against another's under the same load", () => {
    const proxy = (label: string, seconds: number, concurrency = 10) =>
      proxyRows({ label, concurrency }, (block) => ({
        direct: { e2e_seconds: block },
        proxied: { e2e_seconds: block + seconds },
      }));
    const rows = [...proxy("old", 0.3), ...proxy("new", 0.2), ...proxy("new", 0.2, 99)];
    const [old, next, elsewhere] = proxyTable(rows, { baseline: "old" }).rows;
    expect(old).toMatchObject({ label: "old", against_baseline_seconds: null });
    expect(next!.against_baseline_seconds).toBeCloseTo(-0.1, 9);
    expect(next!.against_baseline_high_seconds).toBeCloseTo(-0.1, 9);
    expect(elsewhere).toMatchObject({ concurrency: 99, against_baseline_seconds: null });
    expect(proxyTable(rows, { baseline: "old" }).text).toContain("old was not measured under this load");
    expect(() => proxyTable(rows, { baseline: "older" })).toThrow("must be one of the labels (old, new)");
  });

  it("takes the word of a load for whether its client was the limit, which sees late starts too", () => {
    const limited = (client: object) => proxyTable(drifting(6, client)).rows[0]!.client_limited_loads;
    expect(limited({ client_limit: "late to start", client_cpu: 0.1, client_delay_seconds: 0 })).toBe(12);
    expect(limited({ client_limit: "none", client_cpu: 0.99, client_delay_seconds: 9 })).toBe(0);
  });

  it("says where the client may have been the limit", () => {
    const limited = (client: object) => proxyTable(drifting(6, client)).rows[0]!.client_limited_loads;
    expect(limited({ client_cpu: 0.89, client_delay_seconds: 0.01 })).toBe(0);
    expect(limited({ client_cpu: 0.9 })).toBe(12);
    // Direct requests take 1 s in the first block, proxied ones 1.1 s, and both more in the next: only there is 0.15 s
    // over a tenth of the median.
    expect(limited({ client_delay_seconds: 0.15 })).toBe(2);
    expect(proxyTable(drifting(6, { client_cpu: 0.9 })).text.replaceAll("\n", " ")).toContain(
      "The client may have been the limit: litellm, chat × 10 in 12 of 12 loads",
    );
  });

  it("gives what the proxy's own header says, null where there is none", () => {
    const rows = (seconds: number | null) =>
      proxyRows({}, () => ({
        direct: { e2e_seconds: 1 },
        proxied: { e2e_seconds: 1, overhead_header_seconds: seconds },
      }));
    expect(proxyTable(rows(0.003)).rows[0]!.overhead_header_p50_seconds).toBe(0.003);
    expect(proxyTable(rows(null)).rows[0]!.overhead_header_p50_seconds).toBeNull();
  });

  it("prints within 100 columns, with labels and errors as text", () => {
    const label = `gateway <b>${"x".repeat(60)}</b>`;
    const rows = drifting(6, { label, block_seconds: 1 }).map((row) =>
      row.run_index === 2 ? { ...row, outcome: "error" as const, error: "<script>\u001b[31m" } : row,
    );
    const table = proxyTable(rows);
    expect(Math.max(...table.text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(table.text).not.toContain("\u001b");
    expect(table.html).not.toMatch(/<b>|<script>/);
  });

  it("is empty for no rows", () => {
    expect(proxyTable([]).rows).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { blendTable } from "../../src/report/methods/blend-table.js";
import { qualityTable } from "../../src/report/methods/quality-table.js";
import { proxyTable } from "../../src/report/proxy/proxy-table.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { proxyRows } from "./proxy-rows.js";
import { REPORT_ROWS } from "./report-rows.js";
import { row } from "./ttft-rows.js";

/** `n` cold requests of 1, 2, … n seconds to the first token, with a tenth of it between tokens. */
const cold = (n: number) =>
  Array.from({ length: n }, (_, i) => row("a", "cold", { ttft_seconds: i + 1, itl_seconds: (i + 1) / 10 }));

describe("percentiles and further times in tables", () => {
  it("of TTFT stand by cache state, p99 from 100 requests on", () => {
    const table = ttftTable(cold(100), { percentiles: [50, 90, 99], times: ["itl"] });
    // Type 7 of 1 … 100: 1 + 0.9·99 and 1 + 0.99·99.
    expect(table.rows[0]!.cold_ttft_p90_seconds).toBeCloseTo(90.1, 9);
    expect(table.rows[0]!.cold_ttft_p99_seconds).toBeCloseTo(99.01, 9);
    expect(table.rows[0]!.cold_itl_p50_seconds).toBeCloseTo(5.05, 9);
    expect(table.rows[0]!.warm_ttft_p90_seconds).toBeNull();
    const few = ttftTable(cold(99), { percentiles: [99] });
    expect(few.rows[0]!.cold_ttft_p99_seconds).toBeNull();
    expect(few.text).toContain("a p99 needs 100 requests");
  });

  it("are not there unless they are asked for", () => {
    const table = ttftTable(cold(100));
    expect(table.text).not.toContain("p90");
    expect(Object.keys(table.rows[0]!).filter((key) => /_p\d/.test(key))).toEqual([]);
  });

  it("of methods stand in the tables of blend and quality", () => {
    const { blend, quality } = REPORT_ROWS;
    const times = { percentiles: [50, 75], times: ["e2e"] as const };
    const [first] = blendTable(blend, times).rows;
    expect(first!.ttft_p50_seconds).toBe(first!.ttft_median_seconds);
    expect(first!.ttft_p75_seconds!).toBeGreaterThan(first!.ttft_p50_seconds!);
    const [scored] = qualityTable(quality, times).rows;
    expect(scored!.ttft_p75_seconds).not.toBeUndefined();
    expect(qualityTable(quality, times).text).toContain("p75");
  });

  it("of a proxy's latency are those that are asked for", () => {
    const rows = proxyRows({ blocks: 5, places: 20 }, (_, place) => ({
      direct: { e2e_seconds: place },
      proxied: { e2e_seconds: 2 * place },
    }));
    const table = proxyTable(rows, { percentiles: [75] });
    expect(table.rows[0]).toMatchObject({
      direct_latency_p75_seconds: 15.25,
      proxied_latency_p75_seconds: 30.5,
    });
    expect(table.text).toContain("p75");
    expect(table.text).not.toContain("p95");
  });

  it("are refused where they are none", () => {
    for (const percentiles of [[], [0], [100], [Number.NaN], ["95" as unknown as number]]) {
      expect(() => ttftTable([], { percentiles })).toThrow("percentiles must");
      expect(() => proxyTable([], { percentiles })).toThrow("percentiles must");
    }
    expect(() => blendTable([], { times: ["latency" as "e2e"] })).toThrow(
      "times must be among ttft, itl, tpot, e2e",
    );
  });
});

import { describe, expect, it } from "vitest";
import { proxyChart } from "../../src/report/proxy/proxy-chart.js";
import { proxyOverheadChart } from "../../src/report/proxy/proxy-overhead-chart.js";
import { proxyThroughputChart } from "../../src/report/proxy/proxy-throughput-chart.js";
import { proxyRows } from "./proxy-rows.js";

/** A proxy of 4 places that each take 0.1 s; the provider has no limit. */
const swept = (concurrency: number, more: Parameters<typeof proxyRows>[0] = {}) => {
  const through = 0.1 * Math.max(1, concurrency / 4);
  return proxyRows({ concurrency, blocks: 6, places: 20, ...more }, (_, place) => ({
    direct: { e2e_seconds: 0.1, ttft_seconds: 0.01, block_seconds: 2 / concurrency },
    proxied: {
      e2e_seconds: through + place / 1e6,
      ttft_seconds: 0.01 + through,
      block_seconds: (20 * through) / concurrency,
    },
  }));
};
const sweep = [1, 2, 4, 8, 16].flatMap((concurrency) => swept(concurrency));

describe("proxyChart", () => {
  it("draws the latency quantiles of one load, direct and proxied, to the last request", () => {
    const { data, layout } = proxyChart(sweep, { concurrency: 8 }).figure;
    expect(data.map(({ name }) => name)).toEqual(["litellm, direct", "litellm, proxied"]);
    const { x, y } = data[1] as { x: number[]; y: number[] };
    // 120 requests of 0.2 s and a few µs by their place, 1 to 20: the shortest first, half of them within 10.5 µs.
    expect(x.at(-1)).toBeCloseTo(Math.log10(120), 12);
    expect(y[0]).toBeCloseTo(200.001, 9);
    expect(y.at(-1)).toBeLessThanOrEqual(200.02 + 1e-9);
    expect(layout.xaxis).toMatchObject({ ticktext: ["0", "50", "75", "90", "95", "99"] });
  });

  it("takes the load with the most requests, and refuses one that the rows don't hold", () => {
    const rows = [...swept(1), ...swept(2, { places: 30 })];
    expect(JSON.stringify(proxyChart(rows).figure.layout.title)).toContain("chat × 2");
    expect(() => proxyChart(rows, { concurrency: 3 })).toThrow(
      "concurrency must be one that the rows hold (1, 2); received 3",
    );
    expect(() => proxyChart(rows, { ratePerSecond: 5 })).toThrow("must be one that the rows hold (none)");
  });

  it("leaves failed requests out and says how many", () => {
    const rows = swept(1).map((row) =>
      row.run_index === 1 && row.target === "direct"
        ? { ...row, outcome: "timeout" as const, error: "no byte", e2e_seconds: 30 }
        : row,
    );
    const { data, layout } = proxyChart(rows).figure;
    expect(Math.max(...(data[0] as { y: number[] }).y)).toBeCloseTo(100, 9);
    expect(JSON.stringify(layout.title)).toContain("left out: 6 failed");
  });

  it("shows a label as text and never as markup, and draws nothing for no rows", () => {
    const { data } = proxyChart(swept(1, { label: "<b>x</b>" })).figure;
    expect(data[0]).toMatchObject({ name: "&lt;b&gt;x&lt;/b&gt;, direct" });
    expect(proxyChart([]).figure.data).toEqual([]);
  });
});

describe("proxyOverheadChart", () => {
  it("draws the overhead against concurrency with its interval, streams by their TTFT", () => {
    const rows = [...sweep, ...swept(2, { mode: "stream" })];
    const { data } = proxyOverheadChart(rows).figure;
    expect(data).toMatchObject([
      { name: "litellm, latency", x: [1, 2, 4, 8, 16] },
      { name: "litellm, TTFT of streams", x: [2], y: [expect.closeTo(100, 6)] },
    ]);
    // By Little's law 8 at once wait 0.2 s and 16 wait 0.4 s for 4 places of 0.1 s; direct they take 0.1 s.
    const { y } = data[0] as { y: number[] };
    expect(y[3]).toBeCloseTo(100 + 10.5e-3, 6);
    expect(y[4]).toBeCloseTo(300 + 10.5e-3, 6);
  });

  it("leaves open-loop loads out", () => {
    const rows = swept(1).map((row) => ({ ...row, concurrency: null, rate_per_second: 10, wait_seconds: 0 }));
    expect(proxyOverheadChart(rows).figure.data).toEqual([]);
  });
});

describe("proxyThroughputChart", () => {
  it("draws good requests per second against concurrency, with a ring around the proxy's knee", () => {
    const { data, layout } = proxyThroughputChart(sweep).figure;
    expect(data).toMatchObject([
      {
        name: "litellm, direct",
        x: [1, 2, 4, 8, 16],
        y: [10, 20, 40, 80, 160].map((rate) => expect.closeTo(rate, 9)),
      },
      { name: "litellm, proxied", y: [10, 20, 40, 40, 40].map((rate) => expect.closeTo(rate, 9)) },
      { name: "litellm, knee", x: [4] },
    ]);
    expect(JSON.stringify(layout.title)).toContain("knee at 4");
  });

  it("says why there is no knee", () => {
    const { data, layout } = proxyThroughputChart([...swept(1), ...swept(2)]).figure;
    expect(data).toHaveLength(2);
    expect(JSON.stringify(layout.title)).toContain("no knee, a knee needs at least 3 concurrencies");
  });
});

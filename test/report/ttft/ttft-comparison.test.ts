import { describe, expect, it } from "vitest";
import { OptionError } from "../../../src/domain/errors/errors.js";
import { compareTtft } from "../../../src/report/ttft/ttft-comparison.js";
import { ttftTable } from "../../../src/report/ttft/ttft-table.js";
import { row, rows } from "../ttft-rows.js";

const times = (seconds: number) => [0.98, 0.99, 1, 1.01, 1.02].map((factor) => factor * seconds);
const measured = [
  ...rows("vLLM", "cold", times(0.4)),
  ...rows("vLLM", "warm", times(0.1)),
  ...rows("LMCache", "cold", times(0.402)),
  ...rows("LMCache", "warm", times(0.05)),
  ...rows("slow", "cold", times(0.8)),
  ...rows("slow", "warm", [0.1]),
  ...rows("slow", "cold", times(1.6), { context_target: 4000 }),
];

describe("compareTtft", () => {
  const table = compareTtft(measured, { baseline: "vLLM" });

  it("holds cold against cold and warm against warm, and says what the data tell apart", () => {
    expect(
      table.rows.map(({ label, cache_state, n, baseline_n, speedup, difference }) => [
        label,
        cache_state,
        n,
        baseline_n,
        speedup,
        difference,
      ]),
    ).toEqual([
      ["LMCache", "cold", 5, 5, expect.closeTo(0.4 / 0.402, 9), "not significant"],
      ["LMCache", "warm", 5, 5, expect.closeTo(2, 9), "faster"],
      ["slow", "cold", 5, 5, expect.closeTo(0.5, 9), "slower"],
      ["slow", "warm", 1, 5, expect.closeTo(1, 9), null],
    ]);
  });

  it("gives the intervals of the table with the same baseline", () => {
    const against = ttftTable(measured, { baseline: "vLLM" }).rows;
    const lmcache = against.find(({ label }) => label === "LMCache")!;
    expect([table.rows[0]!.speedup_low, table.rows[0]!.speedup_high]).toEqual([
      lmcache.cold_speedup_low,
      lmcache.cold_speedup_high,
    ]);
    expect([table.rows[1]!.speedup_low, table.rows[1]!.speedup_high]).toEqual([
      lmcache.warm_speedup_low,
      lmcache.warm_speedup_high,
    ]);
  });

  it("says what has no interval and what was not compared, and why", () => {
    expect(table.footnotes).toContain("1 value: an interval needs at least 5");
    expect(table.footnotes).toContain(
      "Not compared because the baseline was not measured there: slow at 4,000.",
    );
    const failed = compareTtft([...measured, row("new", "cold", { outcome: "timeout" })], {
      baseline: "vLLM",
    });
    expect(failed.footnotes).toContain("every request failed (1 cold)");
    expect(failed.rows.at(-1)).toMatchObject({ label: "new", n: 0, median_seconds: null, speedup: null });
  });

  it("refuses a baseline that is no label", () => {
    expect(() => compareTtft<(typeof measured)[number]>(measured, { baseline: "vLMM" as "vLLM" })).toThrow(
      OptionError,
    );
  });
});

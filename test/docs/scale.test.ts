import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadShares, scaleTable, sweepShares } from "../support/scale-plan.js";

const page = new URL("../../docs/scale.md", import.meta.url);
const [BEGIN, END] = ["<!-- by test/docs/scale.test.ts -->", "<!-- end -->"];

describe("plans for 1,000 parts", () => {
  it("give every part its share, and all of it to somebody", () => {
    const sweep = sweepShares(1_000, 8, 2_000);
    expect(new Set(sweep.rowsOf)).toEqual(new Set([32]));
    const open = loadShares(1_000, { ratesPerSecond: [2_000] }, 120_000);
    // Six blocks of 20,000 with 4,000 before and 2,000 behind, of two methods.
    expect(open.rows).toBe(2 * 6 * 26_000);
    // Each part's share is binomial, 312 ± 17.7: none of 1,000 is five standard deviations off.
    expect(Math.min(...open.rowsOf)).toBeGreaterThan(312 - 5 * 17.7);
    expect(Math.max(...open.rowsOf)).toBeLessThan(312 + 5 * 17.7);
    expect(open.seconds).toBeCloseTo(12 * (13 + 20), 6);
    const closed = loadShares(1_000, { concurrency: [64] }, 12_000, 90);
    expect(closed.rowsOf.filter((own) => own > 0)).toHaveLength(64);
  });

  it("are the table of docs/scale.md (UPDATE_PAGES=1 writes it)", () => {
    const text = readFileSync(page, "utf8");
    const [before, rest] = text.split(BEGIN) as [string, string];
    const after = rest.split(END)[1]!;
    const expected = `${before}${BEGIN}\n${scaleTable()}\n${END}${after}`;
    if (process.env.UPDATE_PAGES === "1") writeFileSync(page, expected);
    else expect(text).toBe(expected);
  });
});

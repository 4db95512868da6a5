import { describe, expect, it } from "vitest";
import { aboutSeconds, progressLine } from "../../src/domain/progress.js";

describe("a line of progress", () => {
  it("fits a terminal of 80 columns", () => {
    const line = progressLine("Pairs of blocks:", 119, 120, 40 * 3_600 + 59 * 60);
    expect(line).toMatch(/^\[█{19} \] Pairs of blocks: 119 of 120, about 40 h 59 min left$/);
    expect(line.length).toBeLessThan(80);
  });

  it("says no time where none is known or nothing is left", () => {
    expect(progressLine("Trials:", 1, 2)).toMatch(/Trials: 1 of 2$/);
    expect(progressLine("Trials:", 2, 2, 0)).toMatch(/Trials: 2 of 2$/);
    expect(progressLine("Trials:", 0, 0, null)).toBe(`[${"█".repeat(20)}] Trials: 0 of 0`);
  });
});

describe("a time that is known roughly", () => {
  it("is in seconds, minutes or hours, and never below what it is", () => {
    expect([0, 0.2, 1.2, 89, 91, 3_600, 5_400, 5_460, 7_200].map(aboutSeconds)).toEqual([
      "1 s",
      "1 s",
      "2 s",
      "89 s",
      "2 min",
      "60 min",
      "1 h 30 min",
      "1 h 31 min",
      "2 h",
    ]);
  });
});

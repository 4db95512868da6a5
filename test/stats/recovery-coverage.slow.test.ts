import { describe, expect, it } from "vitest";
import { type Random, random } from "../../src/stats/random.js";
import { recovery, type ThreeScores } from "../../src/stats/recovery.js";

const TRIALS = 300;

/** Two standard errors of 300 trials at 94 %. */
const SLACK = 0.028;

interface Kind {
  /** What the blend wins back of what reuse loses, in the long run. */
  readonly share: number;
  readonly draw: (source: Random) => ThreeScores;
}

/** Exact match: reuse loses some of the right answers, and the blend wins some of these back. */
const exactMatch = (right: number, lost: number, share: number): Kind => ({
  share,
  draw: (source) => {
    const full = source() < right ? 1 : 0;
    const reuse = source() < lost ? 0 : full;
    return { full, reuse, blend: reuse === full || source() < share ? full : 0 };
  },
});

/** Both change answers for the better and for the worse: reuse 30 % of the right and 8 % of the wrong ones. */
const changing: Kind = {
  // Lost: 0.6 · 0.3 − 0.4 · 0.08 = 0.148; won back: 0.7 of it, less 0.03 · (P(both right) − P(both wrong)).
  share: (0.7 * 0.148 - 0.03 * (0.6 * 0.7 - 0.4 * 0.92)) / 0.148,
  draw: (source) => {
    const full = source() < 0.6 ? 1 : 0;
    const reuse = source() < (full ? 0.3 : 0.08) ? 1 - full : full;
    const same = source() < 0.03 ? 1 - full : full;
    return { full, reuse, blend: reuse === full ? same : source() < 0.7 ? full : reuse };
  },
};

/** F1: three of ten score 0; reuse loses everything in 12 %, and the blend wins back four of ten of these. */
const f1: Kind = {
  share: 0.4,
  draw: (source) => {
    const full = source() < 0.3 ? 0 : source();
    const isLost = source() < 0.12;
    return { full, reuse: isLost ? 0 : full, blend: isLost && source() > 0.4 ? 0 : full };
  },
};

describe("the 95 % interval of the recovery, where there is one, holds it in 94 % or more", () => {
  it.each([
    ["reuse loses 75 %, the blend wins back 99 %", exactMatch(1, 0.75, 0.99)],
    ["reuse loses half of 60 %, the blend wins back 80 %", exactMatch(0.6, 0.5, 0.8)],
    ["reuse loses a sixth of 60 %, the blend wins back 80 %", exactMatch(0.6, 1 / 6, 0.8)],
    ["both change answers for the better and for the worse", changing],
    ["F1, with losses of everything in 12 %", f1],
  ])("where %s", (name, { share, draw }) => {
    for (const n of [10, 20, 30, 50, 100, 200]) {
      const source = random("recovery coverage").fork(name).fork(String(n));
      const found = Array.from({ length: TRIALS }, () =>
        recovery(Array.from({ length: n }, () => draw(source))),
      ).filter((estimate) => "low" in estimate);
      const held = found.filter(({ low, high }) => low <= share && share <= high).length;
      // Few intervals say little of how often they hold: what is missed counts against all trials then.
      const missed = (found.length - held) / Math.max(found.length, TRIALS / 3);
      expect(missed, `n = ${n}, ${found.length} intervals`).toBeLessThanOrEqual(0.06 + SLACK);
    }
  });
});

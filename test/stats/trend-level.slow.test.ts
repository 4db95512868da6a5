import { describe, expect, it } from "vitest";
import { type Random, random } from "../../src/stats/random.js";
import { trend } from "../../src/stats/trend.js";
import { autoregression, queueLatencies } from "./simulated-latencies.js";

const SAMPLES = 2000;

/** The share of simulated blocks that are called not steady. */
function lost(name: string, make: (draw: Random) => number[]): number {
  const draw = random(name);
  let count = 0;
  for (let sample = 0; sample < SAMPLES; sample++) if (trend(make(draw)).steady === false) count++;
  return count / SAMPLES;
}

const constant = (load: number, skipped: number) => (count: number) => (draw: Random) =>
  queueLatencies(count, { load, skipped }, draw);

/** Loads that keep their level, with the most that may be called not steady in blocks of 24, 40, 80, 160 and 400. */
const STEADY: Readonly<
  Record<string, readonly [make: (count: number) => (draw: Random) => number[], most: readonly number[]]>
> = {
  independent: [(count) => (draw) => autoregression(count, 0, 5, draw), [0.03, 0.03, 0.03, 0.03, 0.03]],
  "correlated by 0.6": [
    (count) => (draw) => autoregression(count, 0.6, 5, draw),
    [0.08, 0.06, 0.04, 0.03, 0.03],
  ],
  "correlated by 0.9": [
    (count) => (draw) => autoregression(count, 0.9, 5, draw),
    [0.25, 0.2, 0.12, 0.08, 0.04],
  ],
  "half busy": [constant(0.5, 300), [0.07, 0.05, 0.04, 0.03, 0.03]],
  "four fifths busy": [constant(0.8, 1000), [0.2, 0.16, 0.12, 0.08, 0.04]],
  // A queue this full comes back to its mean only after hundreds of requests: a shorter block never is at its level.
  "nine tenths busy": [constant(0.9, 3000), [0.28, 0.26, 0.23, 0.18, 0.1]],
};

/** Loads that never settle, each begun with a ramp of a fifth, and the fewest that must be found. */
const GROWING: typeof STEADY = {
  "1.2 times the capacity": [(count) => constant(1.2, count / 5)(count), [0.45, 0.55, 0.65, 0.85, 0.95]],
  "1.5 times": [(count) => constant(1.5, count / 5)(count), [0.78, 0.9, 0.97, 0.98, 0.99]],
  twice: [(count) => constant(2, count / 5)(count), [0.93, 0.98, 0.99, 0.99, 0.99]],
};

const SIZES = [24, 40, 80, 160, 400];

describe("the test for a trend, on simulated loads", () => {
  for (const [name, [make, bounds]] of Object.entries(STEADY))
    it.each(SIZES)(`seldom calls ${name} a trend, in blocks of %d`, (count) => {
      expect(lost(`${name} ${count}`, make(count))).toBeLessThan(bounds[SIZES.indexOf(count)]!);
    });

  for (const [name, [make, bounds]] of Object.entries(GROWING))
    it.each(SIZES)(`finds ${name}, in blocks of %d`, (count) => {
      expect(lost(`${name} ${count}`, make(count))).toBeGreaterThan(bounds[SIZES.indexOf(count)]!);
    });
});

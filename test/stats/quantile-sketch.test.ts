import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { quantile, sorted } from "../../src/stats/quantile.js";
import { QuantileSketch, SKETCH_ERROR } from "../../src/stats/quantile-sketch.js";
import { random } from "../../src/stats/random.js";

const sketchOf = (values: Iterable<number>) => {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
};

describe("a quantile sketch", () => {
  it("is exact up to ten thousand values", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, p) => {
          const sketch = sketchOf(values);
          expect(sketch.quantile(p)).toBe(quantile(values, p));
          expect([sketch.n, sketch.min, sketch.max]).toEqual([
            values.length,
            Math.min(...values),
            Math.max(...values),
          ]);
          expect(sketch.isExact).toBe(true);
        },
      ),
    );
  });

  it.for([
    ["lognormal", (draw: ReturnType<typeof random>) => 0.4 * Math.exp(0.8 * draw.normal())],
    ["over nine decades", (draw: ReturnType<typeof random>) => 10 ** (9 * draw() - 6)],
    [
      "in two far clusters",
      (draw: ReturnType<typeof random>) => (draw() < 0.5 ? 0.01 : 30) * (1 + draw() / 100),
    ],
    ["often the same", (draw: ReturnType<typeof random>) => draw.int(5)],
  ] as const)("is within its error beyond that: %s", ([, draw]) => {
    const source = random("sketch");
    const values = Array.from({ length: 50_000 }, () => draw(source));
    const sketch = sketchOf(values);
    const ascending = sorted(values);
    expect(sketch.isExact).toBe(false);
    expect(sketch.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 9);
    for (const p of [0, 0.01, 0.25, 0.5, 0.75, 0.95, 0.999, 1]) {
      const place = (values.length - 1) * p;
      const low = ascending[Math.floor(place)]! * (1 - SKETCH_ERROR * 1.000001);
      const high = ascending[Math.ceil(place)]! * (1 + SKETCH_ERROR * 1.000001);
      expect(sketch.quantile(p)).toBeGreaterThanOrEqual(low);
      expect(sketch.quantile(p)).toBeLessThanOrEqual(high);
    }
  });

  it("has nothing to say of nothing, and refuses what is no time", () => {
    const empty = new QuantileSketch();
    expect([empty.n, empty.mean, empty.min, empty.max, empty.quantile(0.5)]).toEqual([
      0,
      null,
      null,
      null,
      null,
    ]);
    for (const value of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      expect(() => empty.add(value)).toThrow(OptionError);
    }
    expect(() => empty.quantile(2)).toThrow(OptionError);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { furthest } from "../../src/stats/furthest.js";

describe("how far a condition holds", () => {
  /** Where a condition ends that holds up to `end`, and how often it was asked. */
  const found = (estimate: number, distance: number, direction: 1 | -1) => {
    let asked = 0;
    const at = furthest(
      (value) => {
        asked += 1;
        return (value - estimate) * direction <= distance;
      },
      estimate,
      direction,
    );
    return { beyond: (at - estimate) * direction - distance, asked };
  };

  it("is just beyond the last place at which it does, within a millionth, in both directions", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.constantFrom(1 as const, -1 as const),
        (estimate, distance, direction) => {
          const { beyond } = found(estimate, distance, direction);
          expect(beyond).toBeGreaterThan(-1e-12);
          expect(beyond).toBeLessThan(1e-6 + 1e-12);
        },
      ),
    );
  });

  it("is known to six digits where it is far, and looked for no longer than that takes", () => {
    const { beyond, asked } = found(0.5, 1_000, 1);
    expect(beyond).toBeGreaterThan(0);
    expect(beyond).toBeLessThan(1e-3);
    // 13 doublings of 0.25 reach 1,024; 19 halvings of the last 512 are below a thousandth.
    expect(asked).toBe(13 + 19);
  });
});

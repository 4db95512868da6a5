import { describe, expect, it } from "vitest";
import { measuredCosts } from "../../src/experiments/measured-costs.js";

/** What is told of pieces of these sizes, each of which takes so many seconds; those of `leftOut` are not measured. */
function told(sizes: readonly number[], seconds: readonly number[], leftOut: readonly number[] = []) {
  const said: (readonly [number, number, number | null | undefined])[] = [];
  let now = 1_000;
  const reached = measuredCosts(
    sizes,
    (...progress) => void said.push(progress as never),
    () => now,
  );
  reached(0);
  for (const [index, cost] of seconds.entries()) {
    now += cost;
    reached(index + 1, !leftOut.includes(index));
  }
  return said;
}

describe("the time left", () => {
  it("is not known before something was measured, and is nothing at the end", () => {
    const said = told([1, 1], [3, 5]);
    expect(said).toEqual([
      [0, 2, null],
      [1, 2, 3],
      [2, 2, 0],
    ]);
  });

  it("is the mean cost of each size, not of all", () => {
    // One of 10 and one of 100 are left: 1 s and 20 s.
    expect(told([10, 100, 10, 100], [1, 20])[2]).toEqual([2, 4, 21]);
  });

  it("of a size not measured yet is in proportion to the nearest that was", () => {
    // Nearest to 4,000 is 2,000 with its 3 s, not 100 with its 1 s.
    expect(told([100, 2_000, 4_000], [1, 3])[2]).toEqual([2, 3, 6]);
  });

  it("counts what is there already as done, and as costing nothing", () => {
    expect(told([0, 0, 5, 5], [0, 0, 7])).toEqual([
      [0, 4, null],
      [1, 4, null],
      [2, 4, null],
      [3, 4, 7],
    ]);
  });

  it("is not made shorter by what is left out, which takes no time", () => {
    const said = told([10, 10, 10, 10, 10], [0, 0, 7], [0, 1]);
    expect(said.map(([, , left]) => left)).toEqual([null, null, null, 14]);
  });
});

import { expect, it } from "vitest";
import { inOneOrder } from "../../src/stats/pairs.js";

it("measurements come in the order of their first values, then of their second ones", () => {
  const ordered = [
    [1, 2],
    [1, 3],
    [2, 1],
    [10, 0],
  ] as const;
  expect(inOneOrder([ordered[2], ordered[3], ordered[1], ordered[0]])).toEqual(ordered);
  expect(inOneOrder([ordered[0], ordered[0]])).toEqual([ordered[0], ordered[0]]);
});

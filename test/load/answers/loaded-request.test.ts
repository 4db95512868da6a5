import fc from "fast-check";
import { expect, it } from "vitest";
import { wallTimeFrom } from "../../../src/load/answers/loaded-request.js";

it("writes wall-clock times as Date does", () => {
  const origin = Date.UTC(2026, 10, 2, 8, 0, 0, 250);
  const wallTime = wallTimeFrom(origin);
  fc.assert(
    fc.property(fc.oneof(fc.nat(5_000_000_000), fc.nat(2 ** 50)), (ns) => {
      expect(wallTime(ns)).toBe(new Date(origin + ns / 1e6).toISOString());
    }),
  );
  expect(wallTime(999_750_000)).toBe("2026-11-02T08:00:01.249Z");
});

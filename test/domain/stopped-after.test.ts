import { describe, expect, it } from "vitest";
import { stoppedAfter } from "../../src/domain/stopped-after.js";

const endlessly = (): number => {
  for (;;);
};

describe("what a stranger's file makes of an input", () => {
  it("is given back, and its own errors are thrown as they are", () => {
    expect(stoppedAfter(1, () => 1 + 1)).toBe(2);
    const error = new TypeError("its own");
    const fails = () => {
      throw error;
    };
    expect(() => stoppedAfter(1, fails)).toThrow(error);
  });

  it("may run another in it, and fail in it, and is what it was", () => {
    const inner = (): number => stoppedAfter(1, () => 2);
    const failing = (): number => {
      expect(() => stoppedAfter(0.2, endlessly)).toThrow("it did not end within 0.2 s");
      return inner() + 1;
    };
    expect(stoppedAfter(5, () => inner() + failing() + inner())).toBe(7);
    expect(stoppedAfter(1, inner)).toBe(2);
  });

  it.each([
    ["a loop", endlessly],
    ["a regular expression that tries everything", () => /^(a+)+$/.test(`${"a".repeat(60)}b`)],
  ])("is stopped in time where it does not end: %s", (_, endless) => {
    expect(() => stoppedAfter<unknown>(0.2, endless)).toThrow("it did not end within 0.2 s");
  });
});

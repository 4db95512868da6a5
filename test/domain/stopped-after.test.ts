import { describe, expect, it } from "vitest";
import { stoppedAfter } from "../../src/domain/stopped-after.js";

describe("what a stranger's file makes of an input", () => {
  it("is given back, and its own errors are thrown as they are", () => {
    expect(stoppedAfter(1, () => 1 + 1)).toBe(2);
    const error = new TypeError("its own");
    const fails = () => {
      throw error;
    };
    expect(() => stoppedAfter(1, fails)).toThrow(error);
  });

  it.each([
    [
      "a loop",
      () =>
        (function forever(): number {
          for (;;);
        })(),
    ],
    ["a regular expression that tries everything", () => /^(a+)+$/.test(`${"a".repeat(60)}b`)],
  ])("is stopped in time where it does not end: %s", (_, endless) => {
    expect(() => stoppedAfter<unknown>(0.2, endless)).toThrow("it did not end within 0.2 s");
  });
});

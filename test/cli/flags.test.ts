import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { seconds, wholeNumber, wholeNumbers, withDashedAliases } from "../../src/cli/flags/flags.js";

describe("withDashedAliases", () => {
  const known = new Set(["--api_base", "--prompt", "--no-stream"]);

  it("turns a dashed flag into the underscored one the command knows", () => {
    expect(withDashedAliases(["--api-base", "x", "--api-base=y"], known)).toEqual([
      "--api_base",
      "x",
      "--api_base=y",
    ]);
  });

  it("leaves flags, values and unknown names as they are", () => {
    const argv = ["--no-stream", "--prompt", "a --api-base b", "--un-known", "-C", ""];
    expect(withDashedAliases(argv, known)).toEqual(argv);
  });
});

describe("numbers on the command line", () => {
  it.each(["", " ", "1.5", "-1", "x", "1e400"])("refuses %j as a whole number", (value) => {
    expect(() => wholeNumber(0)(value)).toThrow(InvalidArgumentError);
  });

  it("refuses a whole number above the most it may be, and says the rule", () => {
    expect(wholeNumber(1_024, 500_000)("500000")).toBe(500_000);
    for (const value of ["1023", "500001"]) {
      expect(() => wholeNumber(1_024, 500_000)(value)).toThrow(
        "It must be a whole number from 1024 to 500000.",
      );
    }
  });

  it("reads lists, with spaces around the commas", () => {
    expect(wholeNumbers(16)("1000, 2000")).toEqual([1_000, 2_000]);
    expect(() => wholeNumbers(16)("1000,,2000")).toThrow(InvalidArgumentError);
  });

  it("reads fractions of seconds and no negative ones", () => {
    expect(seconds("0.5")).toBe(0.5);
    expect(() => seconds("-1")).toThrow(InvalidArgumentError);
  });
});

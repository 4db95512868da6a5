import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { withOtherNames } from "../../src/cli/flags/flag-names.js";
import { apiAddress, seconds, serverAddress, wholeNumber, wholeNumbers } from "../../src/cli/flags/flags.js";

describe("withOtherNames", () => {
  const known = new Set(["--api_base", "--prompt", "--no-stream"]);

  it("turns a dashed flag into the underscored one the command knows", () => {
    expect(withOtherNames(["--api-base", "x", "--api-base=y"], known)).toEqual([
      "--api_base",
      "x",
      "--api_base=y",
    ]);
  });

  it("turns an earlier name into today's, where the command has no flag of the earlier one", () => {
    expect(withOtherNames(["--trials", "3", "--rate=2"], new Set(["--runs", "--rates"]))).toEqual([
      "--runs",
      "3",
      "--rates=2",
    ]);
    expect(withOtherNames(["--to", "csv"], new Set(["--to", "--out_dir"]))).toEqual(["--to", "csv"]);
    expect(withOtherNames(["--warm-ups", "3"], new Set(["--warmup"]))).toEqual(["--warmup", "3"]);
  });

  it("leaves flags, values and unknown names as they are", () => {
    const argv = ["--no-stream", "--prompt", "a --api-base b", "--un-known", "-C", ""];
    expect(withOtherNames(argv, known)).toEqual(argv);
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

describe("addresses on the command line", () => {
  it("may be a port of this machine", () => {
    expect(apiAddress("8000")).toBe("http://localhost:8000/v1");
    expect(serverAddress("8080")).toBe("http://localhost:8080");
    expect(apiAddress("https://api.example.com/v1")).toBe("https://api.example.com/v1");
    for (const value of ["0", "65536", "80 ", "localhost", ""])
      expect(() => apiAddress(value)).toThrow(InvalidArgumentError);
  });
});

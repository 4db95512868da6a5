import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimalAt, decimalEnd } from "../../../src/logs/records/decimal.js";

/** The number at the beginning of a text, and how much of it that is. */
const read = (text: string) => {
  const value = decimalAt(Buffer.from(`${text},`), 0);
  return { value, length: Number.isNaN(value) ? null : decimalEnd };
};

/** It is JSON.parse's number to the bit, or left to JSON.parse. */
function check(text: string): "read" | "left" {
  const { value, length } = read(text);
  if (Number.isNaN(value)) return "left";
  expect([text, value]).toEqual([text, JSON.parse(text)]);
  expect(Object.is(value, JSON.parse(text))).toBe(true);
  expect(length).toBe(text.length);
  return "read";
}

describe("a decimal number", () => {
  it("is JSON.parse's, of any double as JavaScript writes it", () => {
    let left = 0;
    fc.assert(
      fc.property(fc.double({ min: 1e-5, max: 1e16, noNaN: true }), (value) => {
        if (check(JSON.stringify(value)) === "left") left++;
      }),
      { numRuns: 5000 },
    );
    expect(left).toBeLessThan(250);
  });

  it("is JSON.parse's, of any digits and any point", () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,16})$/);
    const decimals = fc.stringMatching(/^\d{0,22}$/);
    fc.assert(
      fc.property(fc.constantFrom("", "-"), digits, decimals, (sign, whole, rest) => {
        check(`${sign}${whole}${rest === "" ? "" : `.${rest}`}`);
      }),
      { numRuns: 5000 },
    );
  });

  it("is left to JSON.parse in the middle of two doubles", () => {
    // 2^53 + 1, and 2^54 + 2.
    for (const text of ["9007199254740993", "18014398509481986"]) check(text);
    expect(read("9007199254740993").value).toBeNaN();
  });

  it.each([
    "0",
    "-0",
    "0.0",
    "-0.0",
    "7",
    "0.1",
    "123456789012345.67",
    "0.0000000000000000000001",
  ])("is read: %s", (text) => {
    expect(check(text)).toBe("read");
  });

  it.each([
    "",
    "-",
    "01",
    "-01",
    "1.",
    ".5",
    "+1",
    "1e5",
    "1E5",
    "1.5e-7",
    "1.5.2",
    "NaN",
    '"1"',
    "123456789012345678",
  ])("is none, or left to JSON.parse: %s", (text) => expect(read(text).value).toBeNaN());
});

import { describe, expect, it } from "vitest";
import { yaml } from "../../../src/launch/jobs/yaml.js";

/** By the rules of YAML 1.2, chapters 5.1, 7.3 and 8.2, and YAML 1.1's list of words for true and false. */
describe("yaml", () => {
  it("nests lists and maps by two spaces", () => {
    const value = { a: [{ b: 1, c: [true] }, "d"], e: { f: {}, g: [] }, h: undefined };
    expect(yaml(value)).toBe("a:\n  - b: 1\n    c:\n      - true\n  - d\ne:\n  f: {}\n  g: []\n");
  });

  it.each([
    ["word-1/a.b", "word-1/a.b"],
    ["yes", '"yes"'],
    ["N", '"N"'],
    ["Null", '"Null"'],
    ["", '""'],
    ["5", '"5"'],
    ["1e3", '"1e3"'],
    ["- a", '"- a"'],
    ["a: b # c", '"a: b # c"'],
    ['a"b\\', '"a\\"b\\\\"'],
    ["two\nlines\t", '"two\\nlines\\t"'],
    ["\u0085\u007f\ufeff", '"\\u0085\\u007f\\ufeff"'],
    ["模型 😀", '"模型 😀"'],
    ["a\u{e0001}", '"a\\U000e0001"'],
    ["\\udb40\\udc01", '"\\\\udb40\\\\udc01"'],
  ])("writes %j as a text", (value, written) => {
    expect(yaml([value])).toBe(`- ${written}\n`);
  });
});

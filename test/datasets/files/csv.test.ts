import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCsv } from "../../../src/datasets/files/csv.js";

const fields = (text: string) => parseCsv(text).map((row) => row.fields);

describe("parseCsv", () => {
  // RFC 4180, section 2, rules 1 to 7.
  it.each([
    [
      "aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n",
      [
        ["aaa", "bbb", "ccc"],
        ["zzz", "yyy", "xxx"],
      ],
    ],
    [
      "aaa,bbb,ccc\r\nzzz,yyy,xxx",
      [
        ["aaa", "bbb", "ccc"],
        ["zzz", "yyy", "xxx"],
      ],
    ],
    [
      '"aaa","bbb","ccc"\r\nzzz,yyy,xxx',
      [
        ["aaa", "bbb", "ccc"],
        ["zzz", "yyy", "xxx"],
      ],
    ],
    [
      '"aaa","b\r\nbb","ccc"\r\nzzz,yyy,xxx',
      [
        ["aaa", "b\r\nbb", "ccc"],
        ["zzz", "yyy", "xxx"],
      ],
    ],
    ['"aaa","b""bb","ccc"', [["aaa", 'b"bb', "ccc"]]],
    [
      'a,"",\n,,\n',
      [
        ["a", "", ""],
        ["", "", ""],
      ],
    ],
    ['\n\r\n"",x\n\n""\n', [["", "x"], [""]]],
    ['5" nails,2', [['5" nails', "2"]]],
    ["", []],
  ])("reads %j", (text, rows) => {
    expect(fields(text)).toEqual(rows);
  });

  it("says on which line a record begins, however many lines the fields before it have", () => {
    expect(parseCsv('a,b\r\n"1\r\n2\n3",x\r\n\r\n4,y').map((row) => row.line)).toEqual([1, 2, 6]);
  });

  it.each([
    ['a,b\n"never closed,x\n', "line 2: a quote is not closed"],
    ['a,b\n"closed"too early,x\n', "line 2: a quote is not closed, or is followed by text"],
  ])("finds what is broken in %j, and goes on behind it", (text, message) => {
    expect(parseCsv(`${text}after,it\n`)).toEqual([
      { fields: ["a", "b"], line: 1 },
      { fields: [], line: 2, broken: expect.stringContaining(message) },
      { fields: ["after", "it"], line: 3 },
    ]);
  });

  it("reads back whatever was written with every field quoted", () => {
    const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;
    const table = fc.array(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }), { minLength: 1 });
    fc.assert(
      fc.property(table, fc.constantFrom("\n", "\r\n", "\r"), (rows, end) => {
        expect(fields(rows.map((row) => row.map(quote).join(",") + end).join(""))).toEqual(rows);
      }),
    );
  });

  it("reads back whatever was written with only the fields quoted that need it", () => {
    const quote = (field: string) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
    const field = fc.string({ unit: fc.constantFrom("a", "b", ",", '"', "\n", "\r", " ") });
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2 }), { minLength: 1 }), (rows) => {
        expect(fields(rows.map((row) => row.map(quote).join(",")).join("\n"))).toEqual(rows);
      }),
    );
  });
});

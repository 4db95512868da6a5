import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  loadParser,
  parseProxyRecord,
  qualityParser,
  ttftParser,
} from "../../../src/logs/records/record-lines.js";
import type { RecordParser } from "../../../src/logs/records/record-parser.js";
import { runs } from "../../support/runs.js";
import { madeLogs, readMade } from "./made-logs.js";

const ttft = ttftParser({ label: (own) => own ?? "none", seedStates: { first: "cold", following: "warm" } });

const kinds: readonly (readonly [string, RecordParser<object>])[] = [
  ["TTFT", ttft],
  ["load", loadParser((own) => `A40: ${own}`)],
  ["quality", qualityParser()],
  ["proxy", parseProxyRecord],
];

describe("lines that look alike", () => {
  it.each(kinds)("give the rows of %s logs that JSON.parse gives", (_, parser) => {
    let rows = 0;
    let scanned = 0;
    fc.assert(
      fc.property(madeLogs(parser.columns), (bytes) => {
        const fast = readMade(bytes, parser, "scanned");
        const slow = readMade(bytes, parser, "parsed");
        rows += fast.rows.length;
        scanned += fast.scanned;
        expect({ ...fast, scanned: 0 }).toEqual({ ...slow, scanned: 0 });
        // Besides, -0 is not 0, and keys have an order.
        expect(isDeepStrictEqual(fast.rows, slow.rows)).toBe(true);
        expect(fast.rows.map((row) => Object.keys(row))).toEqual(slow.rows.map((row) => Object.keys(row)));
      }),
      { numRuns: runs(20, 60) },
    );
    expect(scanned).toBeGreaterThan(runs(rows / 10, rows / 4));
  });

  const line = (row: object) => `${JSON.stringify(row)}\n`;
  const three = [1, 2, 3].map((i) => ({ run_index: i, context_tokens: 64 * i, ttft_seconds: 0.1 * i }));

  it("are not parsed after the second", () => {
    const { rows, scanned } = readMade(Buffer.from(three.map(line).join("")), ttft, "scanned");
    expect(rows).toMatchObject(three);
    expect(scanned).toBe(2);
  });

  it.each([
    ["a key twice", '{"run_index":4,"context_tokens":64,"ttft_seconds":1,"ttft_seconds":2}', 2],
    ["an exponent", '{"run_index":4,"context_tokens":64,"ttft_seconds":2e0}', 2],
    ["an escaped key", '{"run_index":4,"context_tokens":64,"ttft_\\u0073econds":2}', 2],
    ["another order", '{"context_tokens":64,"run_index":4,"ttft_seconds":2}', 2],
    ["more than 17 digits", '{"run_index":4,"context_tokens":64,"ttft_seconds":2.00000000000000000000}', 2],
    ["no value", '{"run_index":4,"context_tokens":64,"ttft_seconds":1e400}', null],
  ])("are parsed if they have %s", (_, odd, ttft_seconds) => {
    const log = `${three.map(line).join("")}${odd}\n${line(three[0]!)}`;
    const { rows, scanned } = readMade(Buffer.from(log), ttft, "scanned");
    expect(rows).toHaveLength(5);
    expect(rows[3]).toMatchObject({ run_index: 4, ttft_seconds });
    expect(rows[4]).toMatchObject(three[0]!);
    expect(scanned).toBe(3);
  });

  it.each([
    '"a\\x"',
    '"a\\u00g0"',
    '"a\tb"',
    '"a',
    "'a'",
    "nul",
    "tru",
    "[",
    "{",
    "",
    "01",
    "1.",
    "-",
    "+1",
    "0x1",
  ])("are bad lines if a value is none: %s", (token) => {
    const good = three.map((row) => ({ ...row, label: "one" }));
    const odd = line(good[0]!).replace('"one"', token);
    const { rows, problems } = readMade(Buffer.from(good.map(line).join("") + odd), ttft, "scanned");
    expect(rows).toHaveLength(3);
    expect(problems).toEqual([expect.stringMatching(/^made.jsonl, line 4: it is not JSON/)]);
  });

  it("share no list between rows, because one of them may be changed", () => {
    const times = { run_index: 1, context_tokens: 1, ttft_seconds: 0.5, score: null, gaps_seconds: [0.1] };
    const run = { workload: null, arrivals: null, level: 1, block: 1, phase: "measured", method: null };
    const load = JSON.stringify({ ...times, ...run });
    const { rows } = readMade(Buffer.from(`${load}\n`.repeat(4)), loadParser(), "scanned");
    const lists = rows.map((row) => (row as { gaps_seconds: unknown }).gaps_seconds);
    expect(lists).toEqual([[0.1], [0.1], [0.1], [0.1]]);
    expect(new Set(lists).size).toBe(4);
  });
});

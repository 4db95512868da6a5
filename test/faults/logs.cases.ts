import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FaultCase, Place } from "./fault-case.js";

const RECORD = {
  ...{ run_index: 1, context_tokens: 64, ttft_seconds: 0.5, outcome: "ok", error: null, e2e_seconds: 0.6 },
  ...{ started_at: "2026-01-02T03:04:05.000Z", connect_seconds: 0, first_byte_seconds: 0.4, model: "tiny" },
  ...{ cache_state: "cold", context_target: 64, trial: 1, label: "one", prompt: "Why?", evidence: "proven" },
};
const line = (more: object = {}) => `${JSON.stringify({ ...RECORD, ...more })}\n`;
const without = (key: string) => line({ [key]: undefined });

const report =
  (...args: readonly string[]) =>
  () => ["report", ...(args.length === 0 ? ["some.jsonl"] : args), "--out", "page.html"];
const put = (content: string | Uint8Array) => (place: Place) =>
  writeFileSync(join(place.folder, "some.jsonl"), content);

/** One file, whether it can be read as a log, and what is said of it. */
const FILES: readonly FaultCase[] = (
  [
    ["is empty", "", 0, /no record/],
    ["is blank", "\n\n \n", 0, /no record/],
    ["is one good record", line(), 0],
    ["lacks its last line end", line() + line({ trial: 2 }).trimEnd(), 0],
    ["is cut within its last line", line() + line({ trial: 2 }).slice(0, 60), 0, /cut/],
    ["is cut within its only line", line().slice(0, 60), 0, /cut.*\n.*no record/],
    ["begins with a byte order mark", `\ufeff${line()}`, 0],
    ["has CR alone", (line() + line({ trial: 2 })).replaceAll("\n", "\r"), 0],
    ["is gzip", gzipSync(line()), 0],
    ["is gzip within gzip", gzipSync(gzipSync(line())), 1, /twice/],
    ["is gzip that is cut", gzipSync(line().repeat(50)).subarray(0, 60), 1, /broken|gzip/],
    [
      "is gzip with a wrong sum",
      gzipSync(line()).map((byte, at, all) => (at < all.length - 8 ? byte : 0)),
      1,
      /gzip/,
    ],
    ["is UTF-16", Buffer.from(line(), "utf16le"), 1, /UTF-16/],
    ["is Zstandard", Buffer.from("28b52ffd00000000", "hex"), 1, /Zstandard/],
    ["is a zip archive", "PK\x03\x04", 1, /zip/],
    ["is binary", Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 31) % 256)), 1],
    ["is all zeros", Buffer.alloc(100_000), 0, /no record/],
    ["is a page", "<!doctype html>\n<html></html>\n", 1, /line 1/],
    ["is a JSON list of records", `[${line()},${line()}]`, 1],
    ["is JSON over many lines", JSON.stringify(RECORD, null, 2), 1],
    ["is a table", "run_index,ttft_seconds\n1,0.5\n", 1, /line 1/],
    ["has a number on a line", `${line()}42\n`, 1, /line 2/],
    ["has null on a line", `${line()}null\n`, 1, /line 2/],
    ["has garbage in the middle", `${line()}garbage\n${line({ trial: 2 })}`, 1, /line 2/],
    ["has bytes that are no UTF-8", Buffer.from(line({ label: "\u00fc" }), "latin1"), 1, /UTF-8/],
    ["is nested 100,000 deep", `${"[".repeat(100_000)}\n`, 1],
    ["is nested 100,000 deep within a record", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}\n`, 1],
    ["has a line of 20 MB", line({ prompt: "x".repeat(20e6) }), 0],
    ["has a number beyond all numbers", line().replace("0.5", "1e999"), 0],
    ["has a number of a million digits", line().replace("0.5", `0.${"5".repeat(1e6)}`), 0],
    ["has NaN for a number", line().replace("0.5", "NaN"), 0],
    ["has a TTFT that is a text", line({ ttft_seconds: "0.5" }), 1, /ttft_seconds/],
    ["has a TTFT that is negative", line({ ttft_seconds: -1 }), 1, /ttft_seconds/],
    ["has a TTFT that is a list", line({ ttft_seconds: [0.5] }), 1, /ttft_seconds/],
    ["has a time that is no time", line({ started_at: "yesterday" }), 0],
    ["has a state that nobody knows", line({ cache_state: "lukewarm" }), 1, /cache_state/],
    ["has an outcome that nobody knows", line({ outcome: "fine" }), 1, /outcome/],
    ["has an outcome that is null", line({ outcome: null }), 0],
    ["has no outcome", without("outcome"), 0],
    ["has no TTFT", without("ttft_seconds"), 1],
    ["has no context", without("context_tokens"), 1],
    ["has a key twice", line().replace("{", '{"ttft_seconds":9,'), 0],
    ["has __proto__ for a key", line().replace("{", '{"__proto__":{"outcome":"error"},'), 0],
    ["has __proto__ for a label", line({ label: "__proto__" }), 0],
    ["has a label with line separators", line({ label: "a\u2028b\u2029c" }), 0],
    ["has a label of control characters", line({ label: "\u001b[31m\u0007\u009b2J\u202e" }), 0],
    ["has a label that is a script", line({ label: "</script><script>alert(1)</script>" }), 0],
    ["has two kinds of record", line() + JSON.stringify({ example_id: "a", score: 1 }), 1, /line 2/],
    ["is of no package's", '{"a":1}\n', 1, /not a log of firsttoken/],
  ] as readonly (readonly [string, string | Uint8Array, 0 | 1, RegExp?])[]
).map(([how, content, exit, says]) => ({
  name: `a log to report on ${how}`,
  prepare: put(content),
  command: report(),
  exit,
  says: says === undefined ? [] : [says],
  log: null,
}));

/** What stands beside a log, and where the page is to go. */
const AROUND: readonly FaultCase[] = (
  [
    [
      "the page beside a log is a folder",
      (folder) => mkdirSync(join(folder, "some.jsonl.meta.json")),
      report(),
      0,
    ],
    [
      "the page beside a log is garbage",
      (folder) => writeFileSync(join(folder, "some.jsonl.meta.json"), "\0{"),
      report(),
      0,
    ],
    [
      "the page beside a log is a list",
      (folder) => writeFileSync(join(folder, "some.jsonl.meta.json"), "[[]]"),
      report(),
      0,
    ],
    [
      "the page beside a log is empty",
      (folder) => writeFileSync(join(folder, "some.jsonl.meta.json"), ""),
      report(),
      0,
    ],
    ["a log to report on is not there", () => {}, report("none.jsonl"), 1],
    ["a log to report on is a folder", (folder) => mkdirSync(join(folder, "logs")), report("logs"), 1],
    ["no log fits a glob", () => {}, report("none/*.jsonl"), 1],
    ["a log to report on is /dev/null", () => {}, report("/dev/null"), 1],
    ["a log is given twice", () => {}, report("some.jsonl", "some.jsonl"), 0],
    ["a label has no log", () => {}, report("one="), 1],
    [
      "a report's folder is not there",
      () => {},
      () => ["report", "some.jsonl", "--out", "none/page.html"],
      1,
    ],
    ["a report is a folder", (folder) => mkdirSync(join(folder, "page.html")), report(), 1],
    ["a report is a full disk", () => {}, () => ["report", "some.jsonl", "--out", "/dev/full"], 2],
    [
      "a report's baseline is no label",
      () => {},
      () => ["report", "some.jsonl", "--baseline", "none", "--out", "page.html"],
      2,
    ],
  ] as readonly (readonly [string, (folder: string) => void, () => readonly string[], 0 | 1 | 2])[]
).map(([name, prepare, command, exit]) => ({
  name,
  prepare(place) {
    put(line())(place);
    prepare(place.folder);
  },
  command,
  exit,
  log: null,
}));

const SKIPPED: FaultCase = {
  name: "bad lines are skipped and told of where that was asked for",
  prepare: put(`${line()}garbage\n[]\n${line({ trial: 2 })}${line({ outcome: "fine" })}`),
  command: () => ["report", "some.jsonl", "--skip_bad_lines", "--out", "page.html"],
  exit: 0,
  says: [/line 2/, /line 3/, /line 5/],
  log: null,
};

const REPEATED: FaultCase = {
  name: "the same line stands three times in a log to report on",
  prepare: put(line().repeat(3)),
  command: report(),
  exit: 0,
  says: [/twice|once|repeated/],
  log: null,
};

const LABEL: FaultCase = {
  name: "a label in a log to report on has a million letters",
  prepare: put(line({ label: "x".repeat(1e6) })),
  command: report(),
  exit: 0,
  log: null,
};

/** Files that are taken for logs. */
export const LOGS: readonly FaultCase[] = [...FILES, ...AROUND, SKIPPED, REPEATED, LABEL];

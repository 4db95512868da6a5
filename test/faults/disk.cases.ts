import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { type FaultCase, ok, oneRequest, type Place, sweep } from "./fault-case.js";

const RESUMED = { command: sweep(2, "--resume"), exit: 0, log: ok(8) } as const;

/** Where a log can't be: the path after `--out`, what is there, and why not. */
const PLACES: readonly FaultCase[] = (
  [
    ["is a folder", "here", ({ folder }) => mkdirSync(join(folder, "here")), /directory/],
    ["is in a file", "file/log.jsonl", ({ folder }) => writeFileSync(join(folder, "file"), ""), /file/],
    [
      "is in a folder deep below a file",
      "file/a/b/log.jsonl",
      ({ folder }) => writeFileSync(join(folder, "file"), ""),
      /file/,
    ],
    ["is in a place of the system", "/proc/none/log.jsonl", () => {}, /\/proc\/none/],
    ["is in a folder that is read-only", "/sys/log.jsonl", () => {}, /\/sys/],
    ["is a disk that is full", "/dev/full", () => {}, /the disk is full/],
    [
      "is a link to a disk that is full",
      "link",
      ({ folder }) => symlinkSync("/dev/full", join(folder, "link")),
      /the disk is full/,
    ],
    ["is a link to itself", "link", ({ folder }) => symlinkSync("link", join(folder, "link")), /link/],
    [
      "is a link to nowhere's folder",
      "link",
      ({ folder }) => symlinkSync("/proc/none/x", join(folder, "link")),
      /link/,
    ],
    ["has a name of 256 bytes", "n".repeat(256), () => {}, /long/],
    ["has a name of 253 bytes", "n".repeat(253), () => {}, /long/],
    ["has a path of 5,000 bytes", `${"n".repeat(99)}/`.repeat(50), () => {}, /long/],
    ["has no name", "", () => {}, /./],
    ["is this folder", ".", () => {}, /directory/],
    ["is the folder above", "..", () => {}, /directory/],
  ] as readonly (readonly [string, string, (place: Place) => unknown, RegExp])[]
).map(([how, out, prepare, says]) => ({
  name: `the log ${how}`,
  prepare: (place) => void prepare(place),
  command: oneRequest("--out", out),
  exit: 1,
  says: [says],
  log: null,
}));

/** Places that look odd and will do. */
const ODD: readonly FaultCase[] = (
  [
    ["/dev/null", null],
    ["a folder that is to be made/below/another/log.jsonl", null],
    ["\u65e5\u8a8c.jsonl", null],
    ["--log.jsonl", null],
    ["l o g.jsonl", null],
    ["'\"$(touch gone)`.jsonl", null],
  ] as const
).map(([out, log]) => ({ name: `the log is ${out}`, command: oneRequest(`--out=${out}`), exit: 0, log }));

/** Disks that run full while a run goes on. */
const FULL: readonly FaultCase[] = [2, 3, 4].map((kibibytes) => ({
  name: `a sweep's log may have ${kibibytes} KiB`,
  command: sweep(2),
  shell: (line) => `ulimit -f ${kibibytes}; ${line}`,
  exit: 1,
  says: [/largest size|full/],
  log: { least: 1, most: 7 },
  next: RESUMED,
}));

/** Logs that are there already. */
const THERE: readonly FaultCase[] = [
  {
    name: "a sweep's log is there already",
    command: sweep(1),
    exit: 0,
    log: ok(4),
    next: { command: sweep(1), exit: 1, says: ["exists already"], log: ok(4) },
  },
  {
    name: "a sweep's log is there already and is to be replaced",
    command: sweep(1),
    exit: 0,
    log: ok(4),
    next: { command: sweep(2, "--overwrite"), exit: 0, log: ok(8) },
  },
  {
    name: "a sweep's log is of another question",
    command: sweep(1),
    exit: 0,
    log: ok(4),
    next: { command: sweep(2, "--resume", "--prompt", "Why?"), exit: 1, says: ["prompt was"], log: ok(4) },
  },
  { name: "there is no log to resume", command: sweep(2, "--resume"), exit: 0, log: ok(8) },
  {
    name: "a folder stands where a sweep's log is to be",
    prepare: ({ folder }) =>
      void mkdirSync(join(folder, "sweep", "all_ttft_results.jsonl"), { recursive: true }),
    command: sweep(1),
    exit: 1,
    says: ["exists already"],
    log: null,
  },
  {
    name: "a file stands where a sweep's folder is to be",
    prepare: ({ folder }) => writeFileSync(join(folder, "sweep"), ""),
    command: sweep(1),
    exit: 1,
    says: [/file/],
    log: null,
  },
  {
    name: "a folder stands where the page beside the log is to be",
    prepare: ({ folder }) => void mkdirSync(join(folder, "log.jsonl.meta.json")),
    exit: 1,
    says: ["meta.json"],
    log: [],
  },
  {
    name: "a folder stands where a size's log is to be",
    prepare: ({ folder }) => void mkdirSync(join(folder, "sweep", "ttft_32.jsonl"), { recursive: true }),
    command: sweep(1),
    exit: 1,
    says: ["ttft_32.jsonl"],
    log: null,
  },
];

/** What becomes of a log before it is resumed, and whether it can be. */
const EDITS: readonly FaultCase[] = (
  [
    ["lacks its last line end", (text) => text.trimEnd(), 0],
    ["is cut within its last line", (text) => text.slice(0, -50), 0],
    ["is cut within its first line", (text) => text.slice(0, 50), 0],
    ["is empty", () => "", 0],
    ["is blank", () => "\n \n\t\n", 0],
    ["begins with a byte order mark", (text) => `\ufeff${text}`, 0],
    ["has CRLF", (text) => text.replaceAll("\n", "\r\n"), 0],
    ["has blank lines", (text) => text.replaceAll("\n", "\n\n\n"), 0],
    ["has a line of garbage", (text) => `garbage\n${text}`, 1, /line 1/],
    ["has a line that is a list", (text) => `[]\n${text}`, 1, /line 1/],
    ["has a line of zeros", (text) => `${"\0".repeat(600)}\n${text}`, 1, /line 1/],
    ["ends in zeros, as after a power cut", (text) => text + "\0".repeat(4_096), 0],
    [
      "is binary",
      () => Buffer.from(Array.from({ length: 2_000 }, (_, i) => (i * 7 + 128) % 256)),
      1,
      /line 1/,
    ],
    ["is a gzip file", (text) => gzipSync(text), 1, /decompress it first/],
    ["is UTF-16", (text) => Buffer.from(`\ufeff${text}`, "utf16le"), 1, /UTF-16/],
    [
      "has an outcome nobody knows",
      (text) => text.replace('"outcome":"ok"', '"outcome":"fine"'),
      1,
      /outcome/,
    ],
    [
      "has a TTFT that is a text",
      (text) => text.replace(/"ttft_seconds":[\d.e-]+/, '"ttft_seconds":"soon"'),
      1,
      /ttft_seconds/,
    ],
    ["has a key nobody knows", (text) => text.replaceAll('"trial":', '"colour":"red","trial":'), 0],
    [
      "has keys that are prototypes",
      (text) => text.replaceAll('"trial":', '"__proto__":{"a":1},"constructor":2,"trial":'),
      0,
    ],
    ["has another model", (text) => text.replaceAll('"model":"tiny"', '"model":"huge"'), 1, /model was/],
  ] as readonly (readonly [string, (text: string) => string | Uint8Array, 0 | 1, RegExp?])[]
).map(([how, edit, exit, says]) => {
  let left = "";
  const path = ({ folder }: Place) => join(folder, "sweep", "all_ttft_results.jsonl");
  return {
    name: `a log that is to be resumed ${how}`,
    command: sweep(1),
    exit: 0,
    log: ok(4),
    meanwhile(place) {
      // A run that was cut off has written no log for each size yet.
      for (const size of [32, 64]) rmSync(join(place.folder, "sweep", `ttft_${size}.jsonl`));
      writeFileSync(path(place), edit(readFileSync(path(place), "utf8")));
      left = readFileSync(path(place), "latin1");
    },
    next: {
      command: sweep(1, "--resume"),
      exit,
      says: says === undefined ? [] : [says],
      log: exit === 0 ? ok(4) : "unread",
      holds({ place }) {
        // What can't be resumed is left as it was.
        if (exit === 1) expect(readFileSync(path(place), "latin1")).toBe(left);
      },
    },
  };
});

/** What a disk does wrong. */
export const DISK: readonly FaultCase[] = [...PLACES, ...ODD, ...FULL, ...THERE, ...EDITS];

import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { LogProblem } from "../../src/logs/files/problem.js";
import { readTtftLogs } from "../../src/logs/read-ttft-logs.js";
import { type Ended, type FaultCase, ok, oneRequest, type Place, type Run, sweep } from "./fault-case.js";
import { answerWell, nthChat, SILENCE } from "./hostile-server.js";

const MERGED = "sweep/all_ttft_results.jsonl";
const merged = ({ folder }: Place) => join(folder, MERGED);
const read = (place: Place, name: string) => readFileSync(join(place.folder, name), "utf8");

/** A record of another program: that it failed keeps it apart from those of a run. */
const FOREIGN = `${JSON.stringify({
  ...{ run_index: 1, context_tokens: 32, ttft_seconds: null },
  ...{ outcome: "error", error: "another program's" },
})}\n`;

/** Something that happens to a sweep's log before its fourth answer comes. */
const whileWritten = (
  name: string,
  touch: (log: string) => void,
  rest: Omit<FaultCase, "name" | "server" | "command" | "prepare">,
): FaultCase => {
  let log = "";
  return {
    name,
    prepare: (place) => {
      log = merged(place);
    },
    server: nthChat(4, (request) => {
      touch(log);
      return answerWell(request);
    }),
    command: sweep(2),
    ...rest,
  };
};

/** All that was measured by then is in the log again, and the run can go on. */
const isThereAgain = {
  exit: 1,
  says: ["while a run was writing to it", "Its 4 records are in it again; continue with --resume."],
  log: ok(4),
  next: { command: sweep(2, "--resume"), exit: 0, log: ok(8) },
} as const satisfies Run & Pick<FaultCase, "next">;

/** All that was measured by then is kept beside the log, with its page. */
const isKept = (log: Run["log"]): Run => ({
  exit: 1,
  says: ["while a run was writing to it", `Its 4 records are kept in ${MERGED}.kept.`],
  log,
  holds: ({ place }) => {
    expect(read(place, `${MERGED}.kept`).trimEnd().split("\n")).toHaveLength(4);
    expect(existsSync(join(place.folder, `${MERGED}.kept.meta.json`))).toBe(true);
    expect(existsSync(join(place.folder, "sweep/ttft_32.jsonl"))).toBe(false);
  },
});

const TAKEN_AWAY: readonly FaultCase[] = [
  whileWritten("a sweep's log is deleted under it", (log) => rmSync(log), isThereAgain),
  whileWritten(
    "a sweep's folder is deleted under it",
    (log) => rmSync(join(log, ".."), { recursive: true }),
    isThereAgain,
  ),
  whileWritten("a sweep's log is moved away under it", (log) => renameSync(log, `${log}.old`), isThereAgain),
  whileWritten(
    "a sweep's folder is moved away under it",
    (log) => renameSync(join(log, ".."), join(log, "../../elsewhere")),
    isThereAgain,
  ),
  whileWritten(
    "a sweep's log is replaced by another under it",
    (log) => {
      writeFileSync(`${log}.new`, FOREIGN);
      renameSync(`${log}.new`, log);
    },
    isKept(["error"]),
  ),
  whileWritten(
    "a sweep's log is replaced by its own copy under it",
    (log) => {
      writeFileSync(`${log}.new`, readFileSync(log));
      renameSync(`${log}.new`, log);
    },
    isKept(ok(3)),
  ),
  whileWritten(
    "a sweep's log is replaced by a folder under it",
    (log) => {
      rmSync(log);
      mkdirSync(log);
    },
    isKept(null),
  ),
  whileWritten(
    "a sweep's log is replaced by a pipe under it",
    (log) => {
      rmSync(log);
      spawnSync("mkfifo", [log]);
    },
    isKept(null),
  ),
  whileWritten(
    "a sweep's log is replaced by a link to nowhere under it",
    (log) => {
      rmSync(log);
      symlinkSync("nowhere", log);
    },
    isKept(null),
  ),
  whileWritten("a sweep's log is emptied under it", (log) => truncateSync(log), isKept([])),
  whileWritten(
    "another program writes into a sweep's log",
    (log) => appendFileSync(log, FOREIGN),
    isKept([...ok(3), "error"]),
  ),
  whileWritten(
    "a sweep's log is moved and linked to under it",
    (log) => {
      renameSync(log, `${log}.moved`);
      symlinkSync(`${log}.moved`, log);
    },
    { exit: 0, log: ok(8) },
  ),
  whileWritten("a sweep's page is deleted under it", (log) => rmSync(`${log}.meta.json`), {
    exit: 0,
    log: ok(8),
    holds: ({ place }) => expect(JSON.parse(read(place, `${MERGED}.meta.json`)).lines.from_byte).toBe(0),
  }),
];

/** A record as large as this leaves room for one in four kibibytes, and for the page about it. */
const LONG_QUESTION = "why? ".repeat(300);
const long = (...more: readonly string[]) => sweep(2, "--prompt", LONG_QUESTION, ...more);

const FULL: readonly FaultCase[] = [
  {
    name: "a sweep's log may grow no larger than its first record",
    command: long(),
    shell: (line) => `ulimit -f 4; ${line}`,
    exit: 1,
    says: ["the file has reached the largest size allowed", "The 1 record before are whole and kept there"],
    log: ok(1),
    next: { command: long("--resume"), exit: 0, log: ok(8) },
  },
  {
    name: "a file's size has a limit below that of the page",
    command: long(),
    shell: (line) => `ulimit -f 1; ${line}`,
    exit: 1,
    says: [`Can't write ${MERGED}.meta.json: the file has reached the largest size allowed`],
    log: [],
    next: { command: long("--resume"), exit: 0, log: ok(8) },
  },
];

const write = (name: string, content: string | Buffer) => (place: Place) => {
  mkdirSync(join(place.folder, name, ".."), { recursive: true });
  writeFileSync(join(place.folder, name), content);
};
const isUntouched = (name: string, content: string) => (ended: Ended) => {
  expect(read(ended.place, name)).toBe(content);
  expect(ended.server?.requests ?? []).toEqual([]);
};
const folderAt = (name: string) => (place: Place) =>
  void mkdirSync(join(place.folder, name), { recursive: true });

const UNFIT: readonly FaultCase[] = [
  {
    name: "a pipe stands where a request's log is to be",
    prepare: ({ folder }) => void spawnSync("mkfifo", [join(folder, "log.jsonl")]),
    exit: 1,
    says: ["log.jsonl is a pipe, which keeps nothing"],
    log: null,
  },
  {
    name: "a pipe stands where a sweep's log is to go on",
    prepare: (place) => {
      folderAt("sweep")(place);
      spawnSync("mkfifo", [merged(place)]);
    },
    command: sweep(1, "--resume"),
    exit: 1,
    says: ["is a pipe, which keeps nothing"],
    log: null,
  },
  {
    name: "a folder stands where the page of a log that is to be replaced is",
    prepare: (place) => {
      write("log.jsonl", FOREIGN)(place);
      folderAt("log.jsonl.meta.json")(place);
    },
    exit: 1,
    says: ["Can't write log.jsonl.meta.json: it is a directory."],
    log: ["error"],
  },
  {
    name: "a request's log has a name so long that its page has none",
    command: oneRequest("--out", "a".repeat(255)),
    exit: 1,
    says: ["meta.json: its name is too long for the file system"],
    log: null,
  },
  {
    name: "a file of one size is another program's, where a sweep begins",
    prepare: write("sweep/ttft_32.jsonl", FOREIGN),
    command: sweep(1),
    exit: 1,
    says: ["ttft_32.jsonl exists already"],
    log: null,
    holds: isUntouched("sweep/ttft_32.jsonl", FOREIGN),
  },
  {
    name: "a file of one size is another program's, where a sweep is to go on",
    prepare: write("sweep/ttft_32.jsonl", FOREIGN),
    command: sweep(1, "--resume"),
    exit: 0,
    says: [
      `sweep/ttft_32.jsonl held other records than ${MERGED}, so it was renamed to sweep/ttft_32.jsonl.kept.`,
    ],
    log: ok(4),
    holds: ({ place }) => expect(read(place, "sweep/ttft_32.jsonl.kept")).toBe(FOREIGN),
  },
  {
    name: "a file of one size is no log, where a sweep is to go on",
    prepare: write("sweep/ttft_64.jsonl", "a shopping list\n"),
    command: sweep(1, "--resume"),
    exit: 0,
    says: ["so it was renamed to sweep/ttft_64.jsonl.kept."],
    log: ok(4),
    holds: ({ place }) => expect(read(place, "sweep/ttft_64.jsonl.kept")).toBe("a shopping list\n"),
  },
  {
    name: "a file of one size is another program's, where a sweep that is to go on is refused",
    command: sweep(1),
    exit: 0,
    log: ok(4),
    meanwhile: write("sweep/ttft_32.jsonl", FOREIGN),
    next: {
      command: sweep(2, "--resume", "--prompt", "Another question"),
      exit: 1,
      says: ["is the log of a different run"],
      log: ok(4),
      holds: ({ place }) => expect(read(place, "sweep/ttft_32.jsonl")).toBe(FOREIGN),
    },
  },
];

const isAsItWas = ({ place }: Ended) => expect(read(place, "log.jsonl")).toBe(FOREIGN);

const REPLACED: readonly FaultCase[] = [
  {
    name: "a log is to be replaced and nothing listens",
    server: "refuses",
    prepare: write("log.jsonl", FOREIGN),
    exit: 1,
    log: ["error"],
    holds: isAsItWas,
  },
  {
    name: "a sweep that may overwrite finds no server",
    server: "refuses",
    prepare: write(MERGED, FOREIGN),
    command: sweep(1, "--overwrite"),
    exit: 1,
    log: ["error"],
    holds: ({ place }) => expect(existsSync(join(place.folder, "sweep/ttft_32.jsonl"))).toBe(false),
  },
];

/** A sweep whose log is changed when it is over; what its reader then says of it, and how many rows are left. */
const rotten = (name: string, change: (log: string) => void, says: RegExp, rows: number): FaultCase => ({
  name,
  command: sweep(1),
  exit: 0,
  log: ok(4),
  holds: async ({ place }) => {
    change(merged(place));
    const problems: LogProblem[] = [];
    const read = await readTtftLogs(merged(place), { onProblem: (problem) => problems.push(problem) });
    expect(read).toHaveLength(rows);
    expect(problems.map(({ message }) => message).join("\n")).toMatch(says);
  },
});
const edited = (change: (text: string) => string) => (log: string) =>
  writeFileSync(log, change(readFileSync(log, "utf8")));

const ROTTEN: readonly FaultCase[] = [
  rotten(
    "a digit of a log is changed after the run",
    edited((text) => text.replace(/"e2e_seconds":0\.\d/, '"e2e_seconds":0.9')),
    /what the run of 2\S+ wrote has changed since/,
    4,
  ),
  rotten(
    "a log loses its last line after the run",
    edited((text) => text.replace(/[^\n]+\n$/, "")),
    /the end of what the run of .* wrote is missing/,
    3,
  ),
  rotten(
    "a log loses its first line after the run",
    edited((text) => text.replace(/^[^\n]+\n/, "")),
    /the end of what the run of .* wrote is missing/,
    3,
  ),
  rotten(
    "a line of a log is doubled after the run",
    edited((text) => text.replace(/^[^\n]+\n/, "$&$&")),
    /1 row is in it twice/,
    4,
  ),
  rotten(
    "a log is appended to itself after the run",
    edited((text) => text + text),
    /4 rows are in it twice/,
    4,
  ),
  rotten(
    "another program adds to a log after the run",
    (log) => appendFileSync(log, FOREIGN),
    /bytes of it belong to no run in its manifest/,
    5,
  ),
  {
    name: "a record stands in the file of its size alone",
    command: sweep(1),
    exit: 0,
    log: ok(4),
    meanwhile: (place) => edited((text) => text.replace(/[^\n]+\n$/, ""))(merged(place)),
    next: {
      command: sweep(1, "--resume"),
      exit: 0,
      says: [/so it was renamed to sweep\/ttft_(32|64)\.jsonl\.kept/],
      log: ok(4),
    },
  },
];

const SLOW = ["--timeout_seconds", "60"];

/** Runs a command again while it writes a log already and waits for an answer; the first is killed then. */
const twice = (log: string) => (line: string) =>
  `(${line}) & first=$!; until [ -s ${log} ]; do sleep 0.05; done; (${line}); code=$?; ` +
  `kill -9 $first; wait $first 2> /dev/null; exit $code`;

const TWO_WRITERS: readonly FaultCase[] = [
  {
    name: "two ttft write one log",
    server: nthChat(2, SILENCE),
    command: oneRequest("--num_following", "1", ...SLOW),
    shell: twice("log.jsonl"),
    exit: 1,
    says: ["log.jsonl is being written by another run: wait for it to end, or choose another name."],
    log: ok(1),
  },
  {
    name: "two sweeps go on with one log",
    server: nthChat(4, SILENCE),
    command: sweep(2, "--resume", ...SLOW),
    shell: twice(MERGED),
    exit: 1,
    says: ["is being written by another run"],
    log: ok(3),
    next: { command: sweep(2, "--resume", ...SLOW), exit: 0, log: ok(8) },
  },
  {
    name: "a sweep is to overwrite the log that another writes",
    server: nthChat(4, SILENCE),
    command: sweep(2, "--overwrite", ...SLOW),
    shell: twice(MERGED),
    exit: 1,
    says: ["is being written by another run"],
    log: ok(3),
  },
  {
    name: "three sweeps that go on with one log begin at once",
    server: nthChat(1, function* (request) {
      yield 1_500;
      yield* answerWell(request);
    }),
    command: sweep(4, "--resume", ...SLOW),
    shell: (line) => {
      const one = `(${line}); echo "ended with $?"`;
      return `(${one}) & (${one}) & (${one}) & wait`;
    },
    exit: 0,
    says: ["ended with 0", "ended with 1"],
    log: ok(16),
    limitSeconds: 30,
  },
];

/** The process says its number, so that it can be killed at a step of its own server's answer. */
const saysItsNumber = (line: string) => `echo $$ > pid; ${line}`;

/** A sweep that is killed within an answer, at any of its bytes; what is there goes on. */
const killedAt = (number: number): FaultCase => {
  let folder = "";
  return {
    name: `a sweep is killed within its answer ${number}, and resumed`,
    prepare: (place) => {
      folder = place.folder;
    },
    server: nthChat(number, function* (request) {
      const steps = [...answerWell(request)];
      yield* steps.slice(0, steps.length / 2);
      process.kill(Number(readFileSync(join(folder, "pid"), "utf8")), "SIGKILL");
    }),
    command: sweep(2, ...SLOW),
    shell: saysItsNumber,
    exit: "SIGKILL",
    log: ok(number - 1),
    next: { command: sweep(2, "--resume"), exit: 0, log: ok(8) },
  };
};

const KILLED: readonly FaultCase[] = [
  {
    name: "a request is killed before its answer and leaves the log that it was to replace",
    prepare: write("log.jsonl", FOREIGN),
    server: nthChat(1, SILENCE),
    command: oneRequest(...SLOW),
    stop: { signal: "SIGKILL", at: 1 },
    exit: "SIGKILL",
    log: ["error"],
    holds: isAsItWas,
    next: { exit: 0, log: ok(1) },
  },
  ...[1, 2, 5, 8].map((number) => killedAt(number)),
  {
    name: "a sweep is killed at random times, until it is done",
    command: sweep(6, "--resume", ...SLOW),
    shell: (line) => {
      const command = line.replace("exec ", "");
      // Between the start of the program and the end of its work.
      const killed = Array.from(
        { length: 8 },
        () => `(timeout -s KILL ${0.3 + Math.random()} ${command}; :) 2> /dev/null`,
      );
      return [...killed, command].join("; ");
    },
    exit: 0,
    log: ok(24),
    limitSeconds: 40,
    holds: ({ place }) => {
      const lines = read(place, MERGED).trimEnd();
      const cells = lines.split("\n").map((line) => {
        const { context_target, trial, cache_state } = JSON.parse(line);
        return `${context_target} ${trial} ${cache_state}`;
      });
      expect(new Set(cells).size).toBe(24);
    },
  },
];

/** What a log keeps, whatever others do to it and whoever else writes it. */
export const KEPT: readonly FaultCase[] = [
  ...TAKEN_AWAY,
  ...FULL,
  ...UNFIT,
  ...REPLACED,
  ...ROTTEN,
  ...TWO_WRITERS,
  ...KILLED,
];

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FaultCase, type Outcome, ok, oneRequest, type Place, sweep } from "./fault-case.js";
import { answerWell, chats, type Hostility, nthChat, path, SILENCE } from "./hostile-server.js";

const server = ({ base }: Place) => ["--api_base", base, "--timeout_seconds", "60", "--out", "log.jsonl"];

/** Experiments that can be resumed, by their command line, each of 8 records. */
const EXPERIMENTS: Readonly<
  Record<string, (...more: readonly string[]) => (place: Place) => readonly string[]>
> = {
  sweep: (...more) => sweep(2, "--timeout_seconds", "60", ...more),
  prompts:
    (...more) =>
    (place) => [
      "prompts",
      ...server(place),
      "--prompts_file",
      "prompts.json",
      "--context_size",
      "32",
      "--runs",
      "2",
      ...more,
    ],
  blend:
    (...more) =>
    (place) => [
      ...["blend", ...server(place), "--methods", "full", "--input_lengths", "64,96", "--trials", "4"],
      ...["--warm_ups", "0", "--max_tokens", "4", ...more],
    ],
  quality:
    (...more) =>
    (place) => [
      ...["quality", ...server(place), "--dataset", "multihop", "--samples", "8", "--methods", "full"],
      ...["--no-aa", "--prompt_format", "chat", ...more],
    ],
};

const prepare = ({ folder }: Place) =>
  void writeFileSync(join(folder, "prompts.json"), '{"what": "What is it?", "why": "Why is it?"}');

/** Killed while it waits for an answer, at every one of them: nothing is lost, and nothing measured twice. */
const KILLS: readonly FaultCase[] = Object.entries(EXPERIMENTS).flatMap(([name, command]) =>
  [1, 2, 3, 5, 8].map((number) => ({
    name: `${name} is killed while it waits for answer ${number} of 8, and resumed`,
    server: nthChat(number, SILENCE),
    prepare,
    command: command(),
    stop: { signal: "SIGKILL", at: number },
    exit: "SIGKILL",
    log: ok(number - 1),
    next: { command: command("--resume"), exit: 0, log: ok(8) },
  })),
);

/** Stopped while an answer is under way: what was measured is whole, and the request that was cut is in no log. */
const STOPS: readonly FaultCase[] = Object.entries(EXPERIMENTS).flatMap(([name, command]) =>
  (["SIGINT", "SIGTERM"] as const).map((signal) => ({
    name: `${name} gets ${signal} while it waits for its fourth answer, and is resumed`,
    server: nthChat(4, SILENCE),
    prepare,
    command: command(),
    stop: { signal, at: 4 },
    exit: 130,
    says: ["--resume"],
    log: ok(3),
    next: { command: command("--resume"), exit: 0, log: ok(8) },
  })),
);

/** Where a run can wait: what is silent, when the signal comes, and what stands in the log by then. */
const STAGES: readonly (readonly [
  where: string,
  silent: Hostility,
  at: string | number,
  log: readonly Outcome[] | null,
])[] = [
  ["the list of models", path("/v1/models", SILENCE), "/v1/models", null],
  ["/tokenize", path("/tokenize", SILENCE), "/tokenize", null],
  ["the routes that tell what it is", path("/version", SILENCE), "/version", []],
  ["the first answer", chats(SILENCE), 1, []],
  ["the second answer", nthChat(2, SILENCE), 2, ok(1)],
];

const SIGNALS: readonly FaultCase[] = STAGES.flatMap(([where, silent, at, log]) =>
  (["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGKILL"] as const).map((signal) => ({
    name: `${signal} comes while ttft waits for ${where}`,
    server: silent,
    command: oneRequest("--timeout_seconds", "60", "--num_following", "1"),
    stop: { signal, at },
    exit: signal === "SIGINT" || signal === "SIGTERM" ? 130 : signal,
    log,
  })),
);

/** Readers of the output that go away, and what a terminal does. */
const PIPES: readonly FaultCase[] = [
  {
    name: "the reader of the output goes away after two lines",
    server: nthChat(3, SILENCE),
    command: sweep(2, "--timeout_seconds", "60"),
    shell: (line) => `(${line}) 2>&1 | head -n 2; exit "\${PIPESTATUS[0]}"`,
    exit: 130,
    log: ok(2),
    next: { command: sweep(2, "--resume"), exit: 0, log: ok(8) },
  },
  {
    name: "the reader of the output was never there",
    shell: (line) => `(${line}) | true; exit "\${PIPESTATUS[0]}"`,
    exit: 130,
    log: [],
  },
  { name: "stdout is closed", shell: (line) => `${line} >&-`, exit: 0, log: ["ok"] },
  { name: "stderr is closed", shell: (line) => `${line} 2>&-`, exit: 0, log: ["ok"] },
  {
    name: "stdin, stdout and stderr are closed",
    shell: (line) => `${line} <&- >&- 2>&-`,
    exit: 0,
    log: ["ok"],
  },
  {
    name: "stdout is /dev/full",
    shell: (line) => `${line} >/dev/full`,
    exit: 1,
    says: [/full/],
    log: ["ok"],
  },
  { name: "stderr is /dev/full", shell: (line) => `${line} 2>/dev/full`, exit: 0, log: ["ok"] },
  {
    name: "stdout refuses what is written",
    shell: (line) => `${line} >/proc/version`,
    exit: 1,
    says: ["standard output"],
    log: ["ok"],
  },
];

/** Surroundings of a process. */
const SURROUNDINGS: readonly FaultCase[] = (
  [
    ["TZ names no zone", { TZ: "Nowhere/Never" }],
    ["LANG and LC_ALL name no language", { LANG: "xx_YY.UTF-9", LC_ALL: "xx" }],
    ["HOME is not there", { HOME: "/nowhere/at/all" }],
    ["TMPDIR is not there", { TMPDIR: "/nowhere/at/all" }],
    ["PATH is empty", { PATH: "" }],
    ["COLUMNS is no number", { COLUMNS: "wide" }],
    ["http_proxy points nowhere", { http_proxy: "http://127.0.0.1:1", HTTP_PROXY: "http://127.0.0.1:1" }],
    ["colours are forced", { FORCE_COLOR: "3", NO_COLOR: "1" }],
  ] as const
).map(([name, environment]) => ({ name, environment, exit: 0, log: ["ok"] }));

const LIMITS: readonly FaultCase[] = [
  {
    name: "there are 200 file descriptors in all",
    shell: (line) => `ulimit -n 200; ${line}`,
    exit: 0,
    log: ["ok"],
  },
  {
    name: "the folder it runs in is deleted while it runs",
    server: chats((request) => [200, ...answerWell(request)]),
    command: (place) => [...oneRequest()(place), "--out", "/dev/null"],
    shell: (line) => `mkdir gone && cd gone && (sleep 0.4; rmdir ../gone) & cd gone; ${line}`,
    exit: 0,
    log: null,
  },
];

/** What befalls the process: signals, a reader that goes away, the run that comes after. */
export const PROCESS: readonly FaultCase[] = [
  ...KILLS,
  ...STOPS,
  ...SIGNALS,
  ...PIPES,
  ...SURROUNDINGS,
  ...LIMITS,
];

// Soak: real runs of the command line against a server that draws a fault for every third request, killed at random and
// resumed until they are whole. The ledger of every run must balance: what the server was sent is what the log keeps, what
// was under way at a kill, and what a resumed trial asks again to make its warm half warm.
//   npm run soak -- --minutes 20 --seed 1     (after npm run build)
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { random } from "../../dist/stats/random.js";

const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
const minutes = Number(values.minutes ?? 20);
const seed = values.seed ?? String(Date.now() % 1_000_000);
const BIN = fileURLToPath(new URL("../../dist/cli/bin.js", import.meta.url));
const chance = random(seed);
const pick = (list) => list[chance.int(list.length)];

/** Every measured request by its number, which is also the completion tokens of a good answer. */
const sent = [];
const ledger = { ok: 0, failed: 0, "under way at a kill": 0, "asked again": 0, "cut by the soak": 0 };
let [runs, kills, wholeLogs] = [0, 0, 0];

const event = (value) => `data: ${JSON.stringify(value)}\n\n`;
const text = (content, finish = null) =>
  event({ choices: [{ index: 0, text: content, delta: { content }, finish_reason: finish }] });

/** Ways to answer; only `well` may become a record that is ok. */
const ANSWERS = {
  async well({ response, number }) {
    response.write(text("Hello"));
    if (number % 4 === 0) await delay(chance.int(30));
    response.write(text(" world", "stop"));
    response.write(event({ choices: [], usage: { prompt_tokens: 50, completion_tokens: number } }));
    response.end("data: [DONE]\n\n");
  },
  refusal: ({ response }) => response.writeHead(pick([429, 500, 503])).end('{"error":{"message":"no"}}'),
  reset: ({ response }) => response.socket.resetAndDestroy(),
  cut({ response }) {
    response.write(text("Hello"), () => response.socket.destroy());
  },
  stall: ({ response }) => response.write(text("Hello")),
  silence: () => {},
  garbage: ({ response }) => response.end("data: {oh\n\ndata: [DONE]\n\n"),
  error: ({ response }) => response.end(text("Hello") + event({ error: { message: "gone" } })),
  empty: ({ response }) => response.end(),
};
const FAULTS = Object.keys(ANSWERS).filter((name) => name !== "well");

const server = createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  if (request.url === "/v1/models") return void response.end('{"data":[{"id":"tiny"}]}');
  if (!/^\/v1\/(chat\/)?completions$/.test(request.url)) return void response.writeHead(404).end("{}");
  response.setHeader("content-type", "text/event-stream");
  if (JSON.parse(body).max_tokens === 1) return void ANSWERS.well({ response, number: 0 });
  const number = sent.length + 1;
  const how = chance() < 1 / 3 ? pick(FAULTS) : "well";
  sent.push({ number, how });
  await ANSWERS[how]({ response, number });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const base = `http://127.0.0.1:${server.address().port}/v1`;

const common = ["--api_base", base, "--timeout_seconds", "0.3"];
/** Experiments by their command line, and the records that a whole log of each has. */
const EXPERIMENTS = {
  blend: {
    args: [...common, "--methods", "full", "--input_lengths", "64,96", "--trials", "8", "--warm_ups", "0"],
    log: "log.jsonl",
    whole: 16,
    cell: (row) => `${row.input_target} ${row.trial}`,
  },
  quality: {
    args: [
      ...common,
      "--dataset",
      "multihop",
      "--samples",
      "16",
      "--methods",
      "full",
      "--no-aa",
      "--prompt_format",
      "chat",
    ],
    log: "log.jsonl",
    whole: 16,
    cell: (row) => row.example_id,
  },
  sweep: {
    args: [...common, "--context_sizes", "32,64", "--runs", "4"],
    log: "all_ttft_results.jsonl",
    whole: 16,
    cell: (row) => `${row.context_target} ${row.trial} ${row.cache_state}`,
  },
};

/** The records of a log; a last line that was cut is none. */
const rowsOf = (path) =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : [];

/** Runs a command, and kills it some requests later where that was drawn; gives how it ended. */
async function run(args, cwd) {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (said += bytes));
  const signal = chance() < 0.5 ? pick(["SIGKILL", "SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"]) : null;
  const [from, many, more] = [sent.length, chance.int(8), chance.int(60)];
  const watch = setInterval(() => {
    if (signal === null || sent.length - from < many) return;
    clearInterval(watch);
    setTimeout(() => child.kill(signal), more);
  }, 5);
  const hang = setTimeout(() => child.kill("SIGABRT"), 120_000);
  const end = await new Promise((ended) => child.on("close", (code, by) => ended(by ?? code)));
  clearInterval(watch);
  clearTimeout(hang);
  runs += 1;
  const isKilled = signal !== null && ![0, 1].includes(end);
  if (isKilled) kills += 1;
  return { end, said, isKilled };
}

const wrong = (sentence, more) => {
  throw new Error(`${sentence} (seed ${seed}, request ${sent.length})\n${more}`);
};

/** One log from its first record to its last, with the balance of every run that wrote to it. */
async function fill(name) {
  const { args, log, whole, cell } = EXPERIMENTS[name];
  const folder = mkdtempSync(join(tmpdir(), "soak-"));
  const path = join(folder, log);
  const where = name === "sweep" ? ["--out_dir", "."] : ["--out", log];
  for (let attempt = 1; ; attempt++) {
    const before = rowsOf(path);
    const from = sent.length;
    const { end, said, isKilled } = await run([name, ...args, ...where, "--resume"], folder);
    if (end === "SIGABRT") wrong("A run hung", said);
    if (/^\s+at .*:\d+/m.test(said)) wrong("A run shows a stack trace", said);
    const rows = rowsOf(path);
    if (JSON.stringify(rows.slice(0, before.length)) !== JSON.stringify(before))
      wrong("A record changed", said);
    balance(rows.slice(before.length), sent.slice(from), { before, isKilled, said, name });
    const good = rows.filter(({ outcome }) => outcome === "ok");
    const cells = new Set(good.map(cell));
    if (cells.size !== good.length) wrong("A cell was measured twice", said);
    if (cells.size === whole) break;
    if (attempt === 200) wrong("A log was not whole after 200 runs", said);
    if (rows.length > 0 && chance() < 0.1) cutLastLine(path, rows.at(-1));
  }
  rmSync(folder, { recursive: true });
  wholeLogs += 1;
}

/** What a run was sent, against what it kept. */
function balance(kept, asked, { before, isKilled, said, name }) {
  const failed = kept.filter(({ outcome }) => outcome !== "ok");
  const numbers = kept.filter(({ outcome }) => outcome === "ok").map(({ output_tokens }) => output_tokens);
  const answered = new Set(asked.filter(({ how }) => how === "well").map(({ number }) => number));
  for (const number of numbers) {
    if (!answered.delete(number))
      wrong(`Request ${number} is kept as ok, and was not answered well in this run`, said);
  }
  const unkept = asked.length - kept.length;
  const underWay = isKilled && unkept > 0 && !numbers.includes(asked.at(-1).number) ? 1 : 0;
  const again = unkept - underWay;
  if (again < 0 || again > (name === "sweep" ? unpaired(before) : 0)) {
    wrong(
      `A run was sent ${asked.length} requests and kept ${kept.length}, ${underWay} under way at its end`,
      said,
    );
  }
  ledger.ok += numbers.length;
  ledger.failed += failed.length;
  ledger["under way at a kill"] += underWay;
  ledger["asked again"] += again;
}

/** Trials of a sweep whose cold half is on record and whose warm half is not. */
function unpaired(rows) {
  const states = (state) =>
    rows
      .filter((row) => row.outcome === "ok" && row.cache_state === state)
      .map((row) => `${row.context_target} ${row.trial}`);
  const warm = new Set(states("warm"));
  return states("cold").filter((trial) => !warm.has(trial)).length;
}

/** Takes half of the last line away, as a power cut can. */
function cutLastLine(path, row) {
  truncateSync(path, statSync(path).size - 40);
  ledger["cut by the soak"] += 1;
  ledger[row.outcome === "ok" ? "ok" : "failed"] -= 1;
}

const tell = () => {
  const parts = Object.entries(ledger);
  const rest = sent.length - parts.reduce((sum, [, count]) => sum + count, 0);
  const entries = parts.map(([what, count]) => `${what} ${count}`).join(" + ");
  console.log(
    `${wholeLogs} logs whole, ${runs} runs, ${kills} killed; sent ${sent.length} = ${entries}; balance ${rest}`,
  );
  return rest;
};

console.log(`Soak of ${minutes} minutes, --seed ${seed}`);
const end = performance.now() + minutes * 60_000;
while (performance.now() < end) {
  for (const name of Object.keys(EXPERIMENTS)) await fill(name);
  tell();
}
server.closeAllConnections();
server.close();
process.exitCode = tell() === 0 ? 0 : 1;

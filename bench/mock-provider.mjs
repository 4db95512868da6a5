// Requests/s of `firsttoken mock` against a provider over aiohttp.web, as the LiteLLM performance script has one: whole
// answers, and streams of 20 chunks with no gap.
//
//   npm run build && node bench/mock-provider.mjs [--seconds 2] [--rounds 5] [--concurrency 64]
//
// Takes a minute and a half. Needs python3 with aiohttp: that of PYTHON if set, else of a virtual environment made here,
// with pip. Both servers are pinned to core 0 and the client, the same for both, to core 1, where there are two and
// taskset; servers take turns within a round, and a first round is not counted. Read the ratios: other work on the
// cores moves all figures alike. `per core-second` is requests for each second of CPU the server used, which is what
// it would answer with a core to itself; requests/s are less wherever the client or other work took the time.
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs, promisify } from "node:util";

const run = promisify(execFile);
const here = (name) => new URL(name, import.meta.url).pathname;

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    concurrency: { type: "string", default: "64" },
  },
});
const CHUNKS = "20";
/** What the provider is meant to reach, so that it never limits a measurement. */
const AIM = 4;

async function pythonWithAiohttp(folder) {
  if (process.env.PYTHON) return process.env.PYTHON;
  await run("python3", ["-m", "venv", folder], { timeout: 120_000 });
  const python = join(folder, "bin", "python3");
  await run(python, ["-m", "pip", "install", "--quiet", "aiohttp"], { timeout: 300_000 });
  return python;
}

const hasTaskset = () => {
  try {
    execFileSync("taskset", ["-c", "1", "true"], { stdio: "ignore" });
    return availableParallelism() > 1;
  } catch {
    return false;
  }
};
const pins = hasTaskset();
const pinned = (core, command) => (pins ? ["taskset", "-c", core, ...command] : command);

/** Starts a server that prints its port or its URL; gives the port and the process that does the work. */
async function start(command) {
  const [program, ...args] = pinned("0", command);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  const first = await Promise.race([
    createInterface(child.stdout)[Symbol.asyncIterator]().next(),
    once(child, "exit"),
  ]);
  const port = /(\d+)(?:\/v1)?$/.exec(first.value ?? "")?.[1];
  if (port === undefined) throw new Error(`${command.join(" ")} did not start.`);
  return { child, port };
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};

if (!existsSync(new URL("../dist/mock/child.js", import.meta.url))) {
  console.error("dist/ is missing: run npm run build first.");
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), "firsttoken-bench-"));
const servers = [];
try {
  const python = await pythonWithAiohttp(folder);
  const mock = [process.execPath, here("../dist/cli/bin.js"), "mock", "--port", "0", "--chunks", CHUNKS];
  const commands = {
    "firsttoken mock": mock,
    "… with stamps": [...mock, "--stamps"],
    aiohttp: [python, here("mock/aiohttp_provider.py"), CHUNKS],
  };
  for (const [name, command] of Object.entries(commands)) servers.push({ name, ...(await start(command)) });
  const results = new Map();
  for (let round = 0; round <= Number(flags.rounds); round++) {
    for (const mode of ["whole", "stream"]) {
      // The order turns round by round, so that none always follows the same other.
      const order = round % 2 === 0 ? servers : servers.toReversed();
      for (const { name, child, port } of order) {
        const [program, ...args] = pinned("1", [
          process.execPath,
          here("mock/closed-loop.mjs"),
          port,
          mode,
          flags.concurrency,
          flags.seconds,
          String(child.pid),
        ]);
        const { stdout } = await run(program, args, { timeout: 60_000 });
        const key = `${mode} ${name}`;
        const { perSecond, serverCpu, clientCpu } = JSON.parse(stdout);
        const result = { perSecond, perCoreSecond: perSecond / serverCpu, serverCpu, clientCpu };
        if (round > 0) results.set(key, [...(results.get(key) ?? []), result]);
      }
    }
    if (round > 0) console.error(`round ${round} of ${flags.rounds} done`);
  }

  console.log(
    `Concurrency ${flags.concurrency}, median of ${flags.rounds} rounds; ${pins ? "server on core 0, client on core 1" : "nothing pinned"}\n`,
  );
  let reached = true;
  for (const [mode, title] of [
    ["whole", "non-streaming"],
    ["stream", `streams of ${CHUNKS} chunks, no gap`],
  ]) {
    console.log(title);
    for (const { name } of servers) {
      const rounds = results.get(`${mode} ${name}`);
      const peers = results.get(`${mode} aiohttp`);
      const figure = (field) => {
        const ratios = rounds.map((one, i) => one[field] / peers[i][field]);
        const range = `${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`;
        return `${median(rounds.map((one) => one[field])).toFixed(0)} (${median(ratios).toFixed(1)} × aiohttp, rounds ${range})`;
      };
      const cpu = (field) => median(rounds.map((one) => one[field])).toFixed(2);
      console.log(`  ${name}`);
      console.log(`    requests/s       ${figure("perSecond")}`);
      console.log(
        `    per core-second  ${figure("perCoreSecond")}; cpu server ${cpu("serverCpu")}, client ${cpu("clientCpu")}`,
      );
      const ratio = median(rounds.map((one, i) => one.perCoreSecond / peers[i].perCoreSecond));
      if (name !== "aiohttp" && !(ratio >= AIM)) reached = false;
    }
  }
  console.log(`\n${reached ? "At least" : "LESS THAN"} ${AIM} times aiohttp per core-second in each.`);
} catch (error) {
  console.error(String(error.message).split("\n")[0]);
  process.exitCode = 1;
} finally {
  for (const { child } of servers) child.kill();
  await rm(folder, { recursive: true, force: true });
}

// How late each client sees a first token: its own stamp minus the server's, which stands in the chunk.
//
//   npm run build && node bench/client-error.mjs [--seconds 2] [--warm_seconds 8] [--rounds 3] [--streams 64,256] [--no-spinners]
//
// Takes four and a half minutes. One server process, one client process at a time, all clients in turn within a round; the
// client has a core of its own where taskset can give it one. Every client is warmed up for --warm_seconds, because V8
// compiles a client's code for the first seconds of its process, on the same core, and stamps are late meanwhile. The settled
// figures don't hold for these seconds: those from cold, of the first two, stand beside them.
// aiohttp runs where python3 and pip can make it a virtual environment. Read the ratios: idle or shared cores move all
// figures alike.
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs, promisify } from "node:util";
import { divideCores } from "./cores.mjs";
import { startSpinners } from "./spinners.mjs";

const run = promisify(execFile);
const here = (name) => new URL(`client/${name}`, import.meta.url).pathname;

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    warm_seconds: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
    streams: { type: "string", default: "64,256" },
    "no-spinners": { type: "boolean", default: false },
  },
});
/** A p99 of fewer is one observation or none. */
const ENOUGH_FOR_P99 = 100;

const streamCounts = flags.streams.split(",").map(Number);

/** python3 of a virtual environment with aiohttp, or `null` with the reason printed. */
async function makeVenv(folder) {
  try {
    await run("python3", ["-m", "venv", folder], { timeout: 60_000 });
    const python = join(folder, "bin", "python3");
    await run(python, ["-m", "pip", "install", "--quiet", "aiohttp"], { timeout: 120_000 });
    return python;
  } catch (error) {
    console.error(`aiohttp is left out: ${String(error.message).split("\n")[0]}`);
    return null;
  }
}

const quantile = (sorted, p) => {
  const at = (sorted.length - 1) * p;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (at - low);
};
const median = (values) =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

/** Of errors in nanoseconds. */
function errorsOf(nanoseconds) {
  const errors = nanoseconds.map((error) => error / 1000).sort((a, b) => a - b);
  return errors.length === 0
    ? { p50: Number.NaN, p99: Number.NaN, n: 0 }
    : { p50: quantile(errors, 0.5), p99: quantile(errors, 0.99), n: errors.length };
}

if (!existsSync(new URL("../dist/client/connect.js", import.meta.url))) {
  console.error("dist/ is missing: run npm run build first.");
  process.exit(2);
}
const spinners = startSpinners(!flags["no-spinners"]);
const venv = await mkdtemp(join(tmpdir(), "firsttoken-bench-"));
const cores = divideCores();
const server = spawn(...cores.server(process.execPath, here("stamping-server.mjs")), {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const [port] = await Promise.race([
    createInterface(server.stdout)
      [Symbol.asyncIterator]()
      .next()
      .then(({ value }) => [value]),
    new Promise((_, reject) => server.once("exit", () => reject(new Error("the server did not start")))),
  ]);
  const url = `http://127.0.0.1:${port}/v1`;
  const python = await makeVenv(venv);
  const clients = [
    ["firsttoken", process.execPath, here("firsttoken-client.mjs")],
    ["fetch + parser", process.execPath, here("fetch-client.mjs")],
    ["openai SDK", process.execPath, here("openai-client.mjs")],
    ...(python === null ? [] : [["aiohttp", python, here("aiohttp_client.py")]]),
  ];

  /** results[client][streams] = { cold, settled } a round, each { p50, p99, n }, in microseconds */
  const results = new Map(clients.map(([name]) => [name, new Map(streamCounts.map((n) => [n, []]))]));
  for (let round = 1; round <= Number(flags.rounds); round++) {
    for (const streams of streamCounts) {
      for (const [name, command, program] of clients) {
        const args = [program, url, String(streams), flags.seconds, flags.warm_seconds];
        const { stdout } = await run(...cores.client(command, ...args), {
          maxBuffer: 64 * 1024 * 1024,
          timeout: 60_000 + 1000 * (Number(flags.seconds) + Number(flags.warm_seconds)),
        });
        const { cold, settled } = JSON.parse(stdout);
        results
          .get(name)
          .get(streams)
          .push({ cold: errorsOf(cold), settled: errorsOf(settled) });
      }
    }
    console.error(`round ${round} of ${flags.rounds} done`);
  }

  console.log(
    "Error of the observed first-token time, µs: p50 / p99, median of rounds (ratio to firsttoken); n streams a round",
  );
  for (const streams of streamCounts) {
    for (const [when, title] of [
      ["settled", `after ${flags.warm_seconds} s`],
      ["cold", "in the first two seconds from cold"],
    ]) {
      console.log(`\n${streams} stream${streams === 1 ? "" : "s"}, ${title}`);
      const of = (name, key) =>
        median(
          results
            .get(name)
            .get(streams)
            .map((round) => round[when][key]),
        );
      for (const [name] of clients) {
        const cell = (key) =>
          of(name, "n") < (key === "p99" ? ENOUGH_FOR_P99 : 1)
            ? "–".padStart(8)
            : `${of(name, key).toFixed(0).padStart(8)} (${(of(name, key) / of("firsttoken", key)).toFixed(1)}×)`;
        const n = of(name, "n").toFixed(0);
        console.log(`  ${name.padEnd(15)} ${cell("p50").padEnd(18)} / ${cell("p99").padEnd(20)} n ${n}`);
      }
    }
  }
  console.log(`\n${cores.said}`);
  console.log(spinners.said);
} finally {
  spinners.stop();
  server.kill();
  await rm(venv, { recursive: true, force: true });
}

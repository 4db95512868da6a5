// How late each client sees a first token: its own stamp minus the server's, which stands in the chunk.
//
//   npm run build && node bench/client-error.mjs [--seconds 1.5] [--rounds 3] [--streams 1,16,64,256] [--no-spinners]
//
// Takes two to three minutes. One server process, one client process at a time, all clients in turn within a round.
// aiohttp runs where python3 and pip can make it a virtual environment. Read the ratios: idle or shared cores move all
// figures alike.
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs, promisify } from "node:util";
import { startSpinners } from "./spinners.mjs";

const run = promisify(execFile);
const here = (name) => new URL(`client/${name}`, import.meta.url).pathname;

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "1.5" },
    rounds: { type: "string", default: "3" },
    streams: { type: "string", default: "1,16,64,256" },
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

if (!existsSync(new URL("../dist/client/connect.js", import.meta.url))) {
  console.error("dist/ is missing: run npm run build first.");
  process.exit(2);
}
const spinners = startSpinners(!flags["no-spinners"]);
const venv = await mkdtemp(join(tmpdir(), "firsttoken-bench-"));
const server = spawn(process.execPath, [here("stamping-server.mjs")], {
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

  /** results[client][streams] = one { p50, p99, n } a round, in microseconds */
  const results = new Map(clients.map(([name]) => [name, new Map(streamCounts.map((n) => [n, []]))]));
  for (let round = 1; round <= Number(flags.rounds); round++) {
    for (const streams of streamCounts) {
      for (const [name, command, program] of clients) {
        const { stdout } = await run(command, [program, url, String(streams), flags.seconds], {
          maxBuffer: 64 * 1024 * 1024,
          timeout: 60_000,
        });
        const errors = JSON.parse(stdout)
          .map((nanoseconds) => nanoseconds / 1000)
          .sort((a, b) => a - b);
        results
          .get(name)
          .get(streams)
          .push({ p50: quantile(errors, 0.5), p99: quantile(errors, 0.99), n: errors.length });
      }
    }
    console.error(`round ${round} of ${flags.rounds} done`);
  }

  console.log(
    "Error of the observed first-token time, µs: p50 / p99, median of rounds (ratio to firsttoken); n streams a round\n",
  );
  for (const streams of streamCounts) {
    console.log(`${streams} stream${streams === 1 ? "" : "s"}`);
    const of = (name, key) =>
      median(
        results
          .get(name)
          .get(streams)
          .map((round) => round[key]),
      );
    for (const [name] of clients) {
      const cell = (key) =>
        key === "p99" && of(name, "n") < ENOUGH_FOR_P99
          ? "–".padStart(8)
          : `${of(name, key).toFixed(0).padStart(8)} (${(of(name, key) / of("firsttoken", key)).toFixed(1)}×)`;
      const n = of(name, "n").toFixed(0);
      console.log(`  ${name.padEnd(15)} ${cell("p50").padEnd(18)} / ${cell("p99").padEnd(20)} n ${n}`);
    }
  }
  console.log(`\n${spinners.said}`);
} finally {
  spinners.stop();
  server.kill();
  await rm(venv, { recursive: true, force: true });
}

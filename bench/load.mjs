// Requests a second, and CPU seconds per 1,000 requests, of the load generator against a closed loop over aiohttp that is
// shaped like LiteLLM's script; and how late each sees a first token.
//
//   npm run build && node bench/load.mjs [--rounds 5] [--requests 6000] [--concurrency 64] [--python PATH]
//
// One provider process that does as little as it can, one client process at a time, in turn within a round; the client
// has a core of its own where taskset can give it one. aiohttp sends a fifth of the requests. --python names a python3
// that has aiohttp; otherwise one is made in a virtual environment. Read the ratios: shared cores move all figures alike.
// Where the machine is busy with other things the CPU ratio is the steadier one.
import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs, promisify } from "node:util";

const run = promisify(execFile);
const here = (name) => new URL(`load/${name}`, import.meta.url).pathname;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "6000" },
    concurrency: { type: "string", default: "64" },
    python: { type: "string" },
  },
});
if (!existsSync(new URL("../dist/load/run-load.js", import.meta.url))) {
  console.error("dist/ is missing: run npm run build first.");
  process.exit(2);
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};

/** The cores of this process, when taskset can divide them between client and server. */
function cores() {
  try {
    const list = execFileSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" }).split(": ")[1];
    const all = list
      .trim()
      .split(",")
      .flatMap((part) => {
        const [from, to = from] = part.split("-").map(Number);
        return Array.from({ length: to - from + 1 }, (_, i) => from + i);
      });
    return all.length < 2 ? null : { client: String(all[0]), server: all.slice(1).join(",") };
  } catch {
    return null;
  }
}

async function makeVenv(folder) {
  await run("python3", ["-m", "venv", folder], { timeout: 60_000 });
  const python = join(folder, "bin", "python3");
  await run(python, ["-m", "pip", "install", "--quiet", "aiohttp"], { timeout: 120_000 });
  return python;
}

const pinned = cores();
const on = (core, command, ...args) =>
  pinned === null ? [command, args] : ["taskset", ["-c", core, command, ...args]];

async function withProvider(mode, use) {
  const server = spawn(...on(pinned?.server, process.execPath, here("provider.mjs"), mode), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const { value: port } = await createInterface(server.stdout)[Symbol.asyncIterator]().next();
    return await use(`http://127.0.0.1:${port}/v1`);
  } finally {
    server.kill();
  }
}

const venv = await mkdtemp(join(tmpdir(), "firsttoken-bench-"));
try {
  const python = flags.python ?? (await makeVenv(venv));
  const requests = Number(flags.requests);
  const clients = {
    firsttoken: { requests, command: [process.execPath, here("firsttoken-load.mjs")] },
    aiohttp: { requests: Math.ceil(requests / 5), command: [python, here("aiohttp_load.py")] },
  };
  console.log(
    pinned === null
      ? "The client has no core of its own: taskset is missing, or there is only one core."
      : `The client runs on core ${pinned.client} alone, the provider on core ${pinned.server}, of ${availableParallelism()}.`,
  );
  for (const [title, provider, mode] of [
    ["20-chunk streams, all ids the same", "same", "stream"],
    ["20-chunk streams, each with its own id", "ids", "stream"],
    ["whole answers", "same", "chat"],
  ]) {
    const results = { firsttoken: [], aiohttp: [] };
    const busy = [];
    await withProvider(provider, async (url) => {
      for (let round = 0; round < Number(flags.rounds); round++) {
        for (const [name, { requests, command }] of Object.entries(clients)) {
          const [program, args] = on(pinned?.client, ...command, url, mode, requests, flags.concurrency);
          const { stdout } = await run(program, args.map(String), { timeout: 120_000 });
          const { seconds, cpu, client } = JSON.parse(stdout);
          results[name].push({ rate: requests / seconds, cpu: (1000 * cpu) / requests });
          if (client !== undefined) busy.push(client.cpu);
        }
      }
    });
    const of = (name, key) => median(results[name].map((result) => result[key]));
    const ratio = (key, up) => {
      const each = results.firsttoken.map((ours, i) => ours[key] / results.aiohttp[i][key]);
      return median(up ? each : each.map((value) => 1 / value)).toFixed(1);
    };
    console.log(`\n${title}, ${flags.concurrency} at once`);
    for (const name of Object.keys(clients)) {
      console.log(
        `  ${name.padEnd(11)} ${of(name, "rate").toFixed(0).padStart(7)} a second   ${of(name, "cpu").toFixed(3)} CPU seconds per 1,000`,
      );
    }
    console.log(
      `  ratio       ${ratio("rate", true).padStart(7)}×           ${ratio("cpu", false)}×     (medians of ${flags.rounds} rounds; firsttoken's thread was busy ${Math.round(100 * median(busy))} % of the time)`,
    );
  }
} finally {
  await rm(venv, { recursive: true, force: true });
}

// Requests a second, and CPU for each, of the load generator against a closed loop over aiohttp that is shaped like
// LiteLLM's script; and how late each sees a first token.
//
//   npm run build && node bench/load.mjs [--rounds 3] [--requests 60000] [--paced_requests 12000] [--concurrency 64] [--prompt_tokens 2000] [--no-spinners] [--python PATH]
//
// Takes four minutes. One provider process that does as little as it can, one client process at a time, in turn within a
// round; the client has a core of its own where taskset can give it one. Without a pace, aiohttp sends a twentieth of the
// requests. Where the provider sets the pace, both send as many: V8 compiles a client's code while its first thousands of
// requests are under way, so a client that sent fewer would be compared at another age. Each is warmed up by as many requests
// of the same shape (20,000 at most); how late it saw those is printed beside the settled figures.
// --python names a python3 that has aiohttp; otherwise one is made in a virtual environment. Read the ratios: shared cores
// move all figures alike. Where the machine is busy with other things the CPU ratio is the steadier one.
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
const here = (name) => new URL(`load/${name}`, import.meta.url).pathname;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    requests: { type: "string", default: "60000" },
    paced_requests: { type: "string", default: "12000" },
    concurrency: { type: "string", default: "64" },
    prompt_tokens: { type: "string", default: "2000" },
    "no-spinners": { type: "boolean", default: false },
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

async function makeVenv(folder) {
  await run("python3", ["-m", "venv", folder], { timeout: 60_000 });
  const python = join(folder, "bin", "python3");
  await run(python, ["-m", "pip", "install", "--quiet", "aiohttp"], { timeout: 120_000 });
  return python;
}

const cores = divideCores();
let python = "python3";
const clients = {
  firsttoken: { part: 1, command: () => [process.execPath, here("firsttoken-load.mjs")] },
  aiohttp: { part: 0.05, command: () => [python, here("aiohttp_load.py")] },
};

async function withProvider(mode, use) {
  const server = spawn(...cores.server(process.execPath, here("provider.mjs"), mode), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const { value: port } = await createInterface(server.stdout)[Symbol.asyncIterator]().next();
    return await use(`http://127.0.0.1:${port}/v1`);
  } finally {
    server.kill();
  }
}

/** Microseconds. */
function late(lags, p) {
  const sorted = lags.filter((lag) => lag !== null).sort((a, b) => a - b);
  return 1e6 * sorted[Math.floor((sorted.length - 1) * p)];
}

/** results[client] = one a round. */
async function measure({ mode, provider, share = 1, paced = false, promptTokens = 0 }) {
  const results = Object.fromEntries(Object.keys(clients).map((name) => [name, []]));
  await withProvider(provider, async (url) => {
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [name, { part, command }] of Object.entries(clients)) {
        const asked = paced ? Number(flags.paced_requests) : Math.ceil(Number(flags.requests) * part * share);
        const [program, args] = cores.client(...command(), url, mode, asked, flags.concurrency, promptTokens);
        const options = { timeout: 120_000, maxBuffer: 64 * 1024 * 1024 };
        const { stdout } = await run(program, args.map(String), options);
        const { requests, seconds, cpu, making = 0, client, lags, coldLags } = JSON.parse(stdout);
        results[name].push({
          rate: requests / seconds,
          cpu: (1e6 * cpu) / requests,
          making: (1e6 * making) / requests,
          measuring: (1e6 * (cpu - making)) / requests,
          busy: client?.cpu,
          p50: late(lags, 0.5),
          p99: late(lags, 0.99),
          coldP50: late(coldLags, 0.5),
          coldP99: late(coldLags, 0.99),
        });
      }
    }
  });
  return results;
}

const of = (results, name, key) => median(results[name].map((result) => result[key]));
/** Of each round, so that what slowed both is left out. */
const ratio = (results, key, above, below) =>
  median(results[above].map((result, i) => result[key] / results[below][i][key])).toFixed(1);

function* throughput(results) {
  for (const name of Object.keys(results)) {
    const [rate, cpu] = [of(results, name, "rate"), of(results, name, "cpu")];
    const making = of(results, name, "making");
    const before =
      making < 1 ? "" : `, ${making.toFixed(0)} of them to make the request before the clock starts`;
    yield `${name.padEnd(11)}${rate.toFixed(0).padStart(8)} a second ${cpu.toFixed(0).padStart(8)} µs of CPU each${before}`;
  }
  const busy = Math.round(100 * of(results, "firsttoken", "busy"));
  const [rate, cpu, measuring] = [
    ratio(results, "rate", "firsttoken", "aiohttp"),
    ratio(results, "cpu", "aiohttp", "firsttoken"),
    ratio(results, "measuring", "aiohttp", "firsttoken"),
  ];
  const made = of(results, "firsttoken", "making") < 1 ? "" : `${measuring} once the requests are made; `;
  yield `ratio      ${rate.padStart(8)}          ${cpu.padStart(8)}     (${made}firsttoken's thread was busy ${busy} % of the time)`;
}

function* lateness(results) {
  const row = (name, unit, of) =>
    `${name.padEnd(11)}${of("p50").padStart(8)}${unit} p50 ${of("p99").padStart(8)}${unit} p99   (from cold, ${of("coldP50")} and ${of("coldP99")})`;
  for (const name of Object.keys(results)) yield row(name, " µs", (key) => of(results, name, key).toFixed(0));
  yield row("ratio", "   ", (key) => ratio(results, key, "aiohttp", "firsttoken"));
}

const spinners = startSpinners(!flags["no-spinners"]);
const venv = await mkdtemp(join(tmpdir(), "firsttoken-bench-"));
try {
  python = flags.python ?? (await makeVenv(venv));
  console.log(cores.said);
  console.log(spinners.said);
  const promptTokens = Number(flags.prompt_tokens);
  const own = `a prompt of ${promptTokens.toLocaleString("en-US")} tokens of its own in each request`;
  for (const [title, load, show] of [
    ["20-chunk streams, all ids the same", { mode: "stream", provider: "same" }, throughput],
    ["20-chunk streams, each with its own id", { mode: "stream", provider: "ids" }, throughput],
    // The requests of a load are made before its clock starts, and have their room in memory.
    [`20-chunk streams, ${own}`, { mode: "stream", provider: "ids", share: 0.3, promptTokens }, throughput],
    ["whole answers", { mode: "chat", provider: "same" }, throughput],
    [
      "first tokens after 20 to 40 ms: how late they are seen",
      { mode: "stream", provider: "20", paced: true },
      lateness,
    ],
    [`the same with ${own}`, { mode: "stream", provider: "20", paced: true, promptTokens }, lateness],
  ]) {
    if (load.promptTokens === 0) continue;
    const results = await measure(load);
    console.log(`\n${title}, ${flags.concurrency} at once`);
    for (const row of show(results)) console.log(`  ${row}`);
  }
} finally {
  spinners.stop();
  await rm(venv, { recursive: true, force: true });
}

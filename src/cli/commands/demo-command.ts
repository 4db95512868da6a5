import { join } from "node:path";
import { Command } from "commander";
import * as engine from "../../api/engine.js";
import * as methods from "../../api/methods.js";
import * as workloads from "../../api/workloads.js";
import { connect } from "../../client/connect.js";
import type { Server } from "../../client/server.js";
import { loadDataset } from "../../datasets/load-dataset.js";
import { writeWhole } from "../../disk/written-file.js";
import { measureLoad } from "../../experiments/load/load-run.js";
import { blendTtft } from "../../experiments/methods/blend-ttft.js";
import { measureQuality } from "../../experiments/methods/quality.js";
import { sweepTtft } from "../../experiments/ttft/ttft-sweep.js";
import { loadChart } from "../../report/load/load-chart.js";
import { loadTable } from "../../report/load/load-table.js";
import { blendChart } from "../../report/methods/blend-chart.js";
import { blendTable } from "../../report/methods/blend-table.js";
import { qualityChart } from "../../report/methods/quality-chart.js";
import { qualityTable } from "../../report/methods/quality-table.js";
import { ttftChart } from "../../report/ttft/ttft-chart.js";
import { ttftTable } from "../../report/ttft/ttft-table.js";
import { interruptible } from "../ending/interruption.js";
import { type Console, colour } from "../screen/console.js";
import { progressBar } from "../screen/progress-bar.js";

const FOLDER = "results/demo";
const log = (name: string) => join(FOLDER, `${name}.jsonl`);

/** `firsttoken demo`: the whole of it on the embedded engine, with nothing else installed. */
export function demoCommand(console: Console): Command {
  return new Command("demo")
    .description(
      "measure the embedded engine: TTFT cold, warm and under load, CacheBlend's speed-up and quality",
    )
    .addHelpText("after", "\nExample:\n  firsttoken demo")
    .action(async () => {
      process.exitCode = await interruptible((signal) => demo(console, signal));
    });
}

async function demo(console: Console, signal: AbortSignal): Promise<number> {
  const say = (text: string) => console.out.write(`\n${colour(console.out, 1, text)}\n\n`);
  console.err.write("The embedded engine: a small real transformer with a real KV cache, on this CPU.\n");

  const failures = await withEngine("bench", signal, async (server) => {
    const swept = await demoTtft(console, server, signal);
    say("1. How does TTFT grow with the context, cold and warm? (6 layers, random weights)");
    console.out.write(`${swept.text}\n`);
    const blended = await demoBlend(console, server, signal);
    say("2. How much sooner does the first token come when chunks' KV is reused? (the same model)");
    console.out.write(`${blended.text}\n`);
    const loaded = await demoLoad(console, server, signal);
    say("3. And under load: how does TTFT hold up as requests come faster? (the same model)");
    console.out.write(`${loaded.text}\n`);
    return swept.failures + blended.failures + loaded.failures;
  });
  const wrong = await withEngine("tiny", signal, async (server) => {
    const scored = await demoQuality(console, server, signal);
    say(
      "4. And what does reuse cost in quality? (a trained model of 250,000 parameters, questions across two chunks)",
    );
    console.out.write(`${scored.text}\n`);
    console.out.write(
      "This shows the mechanism at work; it says nothing about the size of the effects with a natural-language model.\n",
    );
    return scored.failures;
  });
  const all = (ending: string) =>
    ["ttft", "blend", "load", "quality"].map((name) => join(FOLDER, name + ending)).join(", ");
  console.out.write(`\nLogs:   ${all(".jsonl")}\nCharts: ${all(".svg")}\n`);
  return failures + wrong === 0 ? 0 : 1;
}

/** What one part of the demo prints, and how many of its requests failed. */
interface Part {
  readonly text: string;
  readonly failures: number;
}

async function withEngine<T>(
  model: "bench" | "tiny",
  signal: AbortSignal,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  const serving = await engine.serve({ model, signal });
  try {
    const server = await connect(serving.url, { signal });
    try {
      return await work(server);
    } finally {
      server.close();
    }
  } finally {
    await serving.close();
  }
}

async function demoTtft({ err }: Console, server: Server, signal: AbortSignal): Promise<Part> {
  const rows = await sweepTtft({
    server,
    contextTokens: [512, 1_024, 2_048, 4_096],
    runs: 5,
    label: "embedded engine",
    log: log("ttft"),
    overwrite: true,
    onProgress: progressBar(err, "TTFT, trials:"),
    signal,
  });
  const chart = ttftChart(rows);
  await chart.save(join(FOLDER, "ttft.svg"));
  await chart.save(join(FOLDER, "ttft-dark.svg"), { theme: "dark" });
  return { text: ttftTable(rows).text, failures: failuresOf(rows) };
}

async function demoBlend({ err }: Console, server: Server, signal: AbortSignal): Promise<Part> {
  const rows = await blendTtft({
    methods: {
      "Full prefill": methods.fullPrefill(server),
      "Prefix cache": methods.prefixCache(server),
      "Full KV reuse": methods.fullKvReuse(server),
      "CacheBlend 15%": methods.cacheBlend(server, { recomputeRatio: 0.15 }),
    },
    inputTokens: [512, 2_048],
    runs: 5,
    warmUps: 1,
    log: log("blend"),
    overwrite: true,
    onProgress: progressBar(err, "Methods, requests:"),
    signal,
  });
  writeWhole(join(FOLDER, "blend.svg"), await blendChart(rows).svg());
  return { text: blendTable(rows).text, failures: failuresOf(rows) };
}

async function demoLoad({ err }: Console, server: Server, signal: AbortSignal): Promise<Part> {
  const rows = await measureLoad({
    methods: {
      "Full prefill": methods.fullPrefill(server),
      "CacheBlend 15%": methods.cacheBlend(server, { recomputeRatio: 0.15 }),
    },
    workload: workloads.documentPool({ documents: 12, tokens: 160, perRequest: 6, outputTokens: 4 }),
    ratesPerSecond: [2, 4, 8],
    levelSeconds: 1,
    blocks: 1,
    log: log("load"),
    overwrite: true,
    onProgress: progressBar(err, "Load, blocks:"),
    signal,
  });
  writeWhole(join(FOLDER, "load.svg"), await loadChart(rows).svg());
  return { text: loadTable(rows, { percentiles: [50] }).text, failures: failuresOf(rows) };
}

async function demoQuality({ err }: Console, server: Server, signal: AbortSignal): Promise<Part> {
  const rows = await measureQuality({
    dataset: await loadDataset("multihop", { samples: 150, seed: 1 }),
    methods: {
      "Full prefill": methods.fullPrefill(server),
      "Full prefill (again)": methods.fullPrefill(server),
      "Full KV reuse": methods.fullKvReuse(server),
      "CacheBlend 5%": methods.cacheBlend(server, { recomputeRatio: 0.05 }),
      "CacheBlend 15%": methods.cacheBlend(server, { recomputeRatio: 0.15 }),
    },
    maxTokens: 4,
    log: log("quality"),
    overwrite: true,
    onProgress: progressBar(err, "Quality, examples:"),
    signal,
  });
  writeWhole(join(FOLDER, "quality.svg"), await qualityChart(rows).svg());
  return { text: qualityTable(rows).text, failures: failuresOf(rows) };
}

const failuresOf = (rows: readonly { readonly outcome: string }[]) =>
  rows.filter(({ outcome }) => outcome !== "ok").length;

// How fast the engine prefills its `bench` model, on one thread: `node --no-liftoff bench/engine-prefill.mjs [tokens…]`.
//
// Operations are 2 · multiply-adds, of attention only those the causal mask keeps. `best run` is the fastest of some runs
// by the wall clock. `undisturbed` adds up the fastest time of each slice of the work (some milliseconds: one layer of 64
// tokens) over the runs: what a run takes when nothing else is on the machine at any time. On a quiet machine the two are
// the same.

import { prefill } from "../dist/engine/compute/prefill.js";
import { Engine } from "../dist/engine/methods/engine.js";
import { loadModel } from "../dist/engine/model/model.js";

const RUNS = 6;
const lengths = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [512, 1024, 2048, 4096, 8192];

const engine = new Engine(loadModel("bench"), 1024);
const { layers, width, heads, kvHeads, headWidth, hidden } = engine.model.shape;

/** Operations of `tokens` tokens in all layers: the matrices, and attention over half of tokens². */
function operations(tokens) {
  const matrices = width * (heads + 2 * kvHeads) * headWidth + heads * headWidth * width + 3 * width * hidden;
  return layers * (2 * matrices * tokens + 2 * heads * headWidth * tokens * (tokens + 1));
}

/** Seconds of every slice of a full prefill. */
function slices(tokens) {
  const prompt = Int32Array.from({ length: tokens }, (_, i) => (i * 7919 + 13) % engine.tokenizer.ids);
  const seconds = [];
  let before = performance.now();
  for (const _ of prefill(engine.transformer, engine.store, prompt, [])) {
    const now = performance.now();
    seconds.push((now - before) / 1000);
    before = now;
  }
  return seconds;
}

const sum = (values) => values.reduce((a, b) => a + b);

slices(512);
console.log("| tokens | best run s | undisturbed s | tokens/s | GFLOP/s, best run | GFLOP/s, undisturbed |");
console.log("|---:|---:|---:|---:|---:|---:|");
for (const tokens of lengths) {
  const runs = Array.from({ length: RUNS }, () => slices(tokens));
  const best = Math.min(...runs.map(sum));
  const undisturbed = sum(runs[0].map((_, slice) => Math.min(...runs.map((run) => run[slice]))));
  const rate = (seconds) => (operations(tokens) / 1e9 / seconds).toFixed(1);
  const cells = [best.toFixed(3), undisturbed.toFixed(3), (tokens / undisturbed).toFixed(0)];
  console.log(`| ${[tokens, ...cells, rate(best), rate(undisturbed)].join(" | ")} |`);
}

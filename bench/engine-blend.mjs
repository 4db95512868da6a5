// What full KV reuse and CacheBlend save in the engine: `node --no-liftoff bench/engine-blend.mjs [tokens…]`.
//
// The `bench` model, one thread, eight chunks and a question of 32 tokens; the chunks are collected before the clock. The
// methods take turns. A time is what a request takes to its first token when nothing else is on the machine: the sum of the
// fastest times of each slice of the work (some milliseconds) over the rounds.
import { Engine } from "../dist/engine/methods/engine.js";
import { loadModel } from "../dist/engine/model/model.js";

const ROUNDS = 3;
const CHUNKS = 8;
const QUESTION = 32;
const lengths = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [512, 1024, 2048, 4096, 8192];

const engine = new Engine(loadModel("bench"), 65_536);
const { ids, bos } = engine.tokenizer;

function promptOf(tokens) {
  const prompt = Int32Array.from({ length: tokens }, (_, i) => (i === 0 ? bos : (i * 7919 + 13) % ids));
  const edges = Array.from(
    { length: CHUNKS + 1 },
    (_, i) => 1 + Math.floor((i * (tokens - QUESTION - 1)) / CHUNKS),
  );
  const chunks = edges.slice(1).map((end, i) => ({ start: edges[i], end }));
  return {
    prompt,
    pieces: { chunks: [{ start: 0, end: 1 }, ...chunks], question: { start: edges.at(-1), end: tokens } },
  };
}

const blend = (recomputeRatio) => (pieces) => ({
  method: "blend",
  pieces,
  options: { recomputeRatio, checkLayer: 1, selector: "v", seed: 0 },
});
const methods = {
  "full prefill": () => ({ method: "full" }),
  "prefix hit": () => ({ method: "prefix" }),
  "full KV reuse": (pieces) => ({ method: "reuse", pieces }),
  "blend 5 %": blend(0.05),
  "blend 15 %": blend(0.15),
  "blend 30 %": blend(0.3),
};

/** Seconds of every slice up to the first token, and what the engine counted. */
function timed(prompt, cache) {
  const work = engine.generate({ prompt, maxTokens: 1, cache, salt: "", ignoreEos: true });
  const slices = [];
  let before = performance.now();
  for (let step = work.next(); ; step = work.next()) {
    const now = performance.now();
    slices.push((now - before) / 1000);
    before = now;
    if (step.value !== undefined) break;
  }
  let step = work.next();
  while (!step.done) step = work.next();
  return { slices, ...step.value };
}

const undisturbed = (runs) =>
  runs[0].slices.reduce((sum, _, i) => sum + Math.min(...runs.map((run) => run.slices[i])), 0);

console.log(`| tokens | ${Object.keys(methods).join(" s | ")} s | blend 15 % ÷ full | of it loading ms |`);
console.log(`|${"---:|".repeat(Object.keys(methods).length + 3)}`);
for (const tokens of lengths) {
  const { prompt, pieces } = promptOf(tokens);
  const runs = new Map(Object.keys(methods).map((name) => [name, []]));
  timed(prompt, methods["full KV reuse"](pieces));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, cacheOf] of Object.entries(methods)) {
      const run = timed(prompt, cacheOf(pieces));
      if (run.collectedTokens > 0) throw new Error(`${name} had to collect ${run.collectedTokens} tokens.`);
      runs.get(name).push(run);
    }
  }
  const seconds = Object.keys(methods).map((name) => undisturbed(runs.get(name)));
  const [full, , , , fifteen] = seconds;
  const loadMs = Math.min(...runs.get("blend 15 %").map((run) => run.loadMs));
  const cells = [
    tokens,
    ...seconds.map((value) => value.toFixed(3)),
    (fifteen / full).toFixed(2),
    loadMs.toFixed(0),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

// How far the engine's integer arithmetic is from fp32: `node --no-liftoff bench/engine-accuracy.mjs MODEL [TEXT_FILE…]`.
//
// MODEL is a GGUF file or a Hugging Face folder. For every text (by default the opening of this repository's documents) the
// mean over all positions of KL(f32 ‖ other) of the next token's distribution, in nats, its largest value, and the share of
// positions with the same likeliest token.
import { readFileSync } from "node:fs";
import { freemem } from "node:os";
import { prefill } from "../dist/engine/compute/prefill.js";
import { openModel } from "../dist/engine/loading/open-model.js";
import { Engine } from "../dist/engine/methods/engine.js";

const TOKENS = 512;
const [path, ...named] = process.argv.slice(2);
if (path === undefined) throw new Error("Name a GGUF file or a Hugging Face folder.");
const texts = named.length > 0 ? named : ["README.md", "README.zh.md", "src/engine/methods/engine.ts"];

async function engineWith(compute) {
  const opened = await openModel(path, { maxModelLen: TOKENS, kvTokens: TOKENS, compute }, freemem());
  const engine = new Engine(opened.model, opened.kvTokens);
  opened.close();
  return engine;
}

/** The log-probabilities of the next token after every position. */
function distributions(engine, ids) {
  const work = prefill(engine.transformer, engine.store, ids, []);
  while (work.next().done !== true);
  return [...engine.transformer.allLogits()].map(({ logits }) => {
    const top = logits.reduce((a, b) => Math.max(a, b));
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
    return logits.map((logit) => logit - top - total);
  });
}

const likeliest = (logs) => logs.reduce((best, log, id) => (log > logs[best] ? id : best), 0);

const f32 = await engineWith("f32");
const others = [];
for (const compute of ["i16", "i8"]) others.push({ compute, engine: await engineWith(compute) });
console.log("| text | tokens | compute | mean KL nats | largest | same likeliest token |");
console.log("|---|---:|---|---:|---:|---:|");
for (const file of texts) {
  const ids = f32.tokenizer.encode(readFileSync(file, "utf8").slice(0, 8_000)).subarray(0, TOKENS - 1);
  const right = distributions(f32, ids);
  for (const { compute, engine } of others) {
    const got = distributions(engine, ids);
    const kl = right.map((logs, i) =>
      logs.reduce((sum, log, id) => sum + Math.exp(log) * (log - got[i][id]), 0),
    );
    const mean = kl.reduce((a, b) => a + b) / kl.length;
    const same = right.filter((logs, i) => likeliest(logs) === likeliest(got[i])).length / kl.length;
    const cells = [
      file,
      ids.length,
      compute,
      mean.toExponential(1),
      Math.max(...kl).toExponential(1),
      same.toFixed(3),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

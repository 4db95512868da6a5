// The engine in a process of its own, started as `firsttoken serve` starts it; and that process.
import { fork } from "node:child_process";
import { freemem } from "node:os";
import { fileURLToPath } from "node:url";
import { DECODED, idsOf } from "./prompt.mjs";

const QUESTION = 32;
const CHUNKS = 8;
const MOST_CONTEXT = 8_192;

export function ownEngine(model, compute, threads, maxTokens) {
  let child = null;
  const ask = (request) => {
    child.send(request);
    return new Promise((settle, fail) => {
      child.once("message", settle);
      child.once("exit", (code) => fail(new Error(`the engine ended with code ${code}`)));
    });
  };
  return {
    kind: compute,
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

if (process.send !== undefined) await serveParent();

/** Answers one message after the other. */
async function serveParent() {
  const { prefill, extend } = await import("../../dist/engine/compute/prefill.js");
  const { openModel } = await import("../../dist/engine/loading/open-model.js");
  const { Engine } = await import("../../dist/engine/methods/engine.js");
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
    const context = Math.min(maxTokens, MOST_CONTEXT);
    const sizes = { maxModelLen: context, kvTokens: context + 1_024, compute };
    const opened = await openModel(model, sizes, freemem());
    engine = new Engine(opened.model, opened.kvTokens, { threads });
    opened.close();
    const loadSeconds = (performance.now() - began) / 1000;
    // Weights, context and KV cache.
    return { loadSeconds, neededBytes: engine.transformer.arena.memory.buffer.byteLength };
  }
  function speeds({ tokens, decodes }) {
    const ids = new Int32Array(tokens + DECODED);
    ids.set(idsOf(tokens, engine.tokenizer.bos));
    const cpu = process.cpuUsage();
    const prefillSeconds = seconds(() => {
      run(prefill(engine.transformer, engine.store, ids.subarray(0, tokens), []));
      engine.transformer.logits();
    });
    const { user, system } = process.cpuUsage(cpu);
    const decode = () => {
      for (let at = tokens; at < tokens + DECODED; at++) {
        ids[at] = 100 + at;
        run(extend(engine.transformer, ids, at));
        engine.transformer.logits();
      }
    };
    const decodeSeconds = decodes ? seconds(decode) : null;
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
    else process.send(speeds(asked));
  });
  process.on("disconnect", () => process.exit());
}

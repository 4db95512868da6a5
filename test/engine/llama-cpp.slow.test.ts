import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openModel } from "../../src/engine/loading/open-model.js";
import { Engine } from "../../src/engine/methods/engine.js";
import { dequantised, type LlamaCpp, llamaCppMissing, serveLlamaCpp } from "../support/llama-cpp.js";
import { smollm2 } from "../support/smollm2.js";
import { json } from "./loading/fixtures.js";
import { answer } from "./support.js";

const CONTEXT = 1_280;
const GREEDY = 20;
const END = 2;

interface Prompt {
  readonly id: string;
  readonly ids: readonly number[];
}
const prompts: readonly Prompt[] = json("smollm2/golden.json").cases.filter(
  ({ ids }: Prompt) => ids.length < 1_100,
);

const found = smollm2();
const quantised = "path" in found ? found.path : "";
const skipped = "unreachable" in found || llamaCppMissing() !== null;

let engine: Engine;
let exact: LlamaCpp;
let rounding: LlamaCpp;
beforeAll(async () => {
  if (skipped) return;
  const opened = await openModel(
    quantised,
    { maxModelLen: CONTEXT, kvTokens: 1_024, compute: "f32" },
    2 ** 32,
  );
  engine = new Engine(opened.model, opened.kvTokens);
  opened.close();
  exact = await serveLlamaCpp(dequantised(quantised), CONTEXT);
  rounding = await serveLlamaCpp(quantised, CONTEXT);
});
afterAll(() => Promise.all([exact?.close(), rounding?.close()]));

/** llama.cpp's likeliest first tokens, and its greedy answer. */
async function asked({ url }: LlamaCpp, { ids }: Prompt) {
  const body = { prompt: ids, n_predict: GREEDY, temperature: 0, n_probs: 10, return_tokens: true };
  // It closes idle connections while a request may be on its way.
  const headers = { connection: "close" };
  const response = await fetch(`${url}/completion`, { method: "POST", headers, body: JSON.stringify(body) });
  const { tokens, completion_probabilities } = (await response.json()) as {
    tokens: number[];
    completion_probabilities: { top_logprobs: { id: number; logprob: number }[] }[];
  };
  return { ids: tokens.filter((id) => id !== END), top: completion_probabilities[0]!.top_logprobs };
}

/** The most by which log-probabilities differ from those that logits make. */
function farthest(
  top: readonly { readonly id: number; readonly logprob: number }[],
  logits: Float32Array,
): number {
  const highest = logits.reduce((a, b) => Math.max(a, b));
  const all = highest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
  return Math.max(...top.map(({ id, logprob }) => Math.abs(logits[id]! - all - logprob)));
}

describe.skipIf(skipped)("llama.cpp on SmolLM2-135M-Instruct", () => {
  it.each(
    prompts,
  )("agrees with the engine on weights in fp32, and differs on quantised ones by its own rounding: $id", async (prompt) => {
    const own = answer(engine, prompt.ids, { maxTokens: GREEDY });
    const [fromExact, fromRounding] = [await asked(exact, prompt), await asked(rounding, prompt)];
    expect(fromExact.ids).toEqual(own.ids);
    // Its KV cache is of fp16.
    const difference = farthest(fromExact.top, own.logits);
    expect(difference).toBeLessThan(0.02);
    // Activations are rounded to 8 bits there; the weights are the same.
    expect(farthest(fromRounding.top, own.logits)).toBeLessThan(1);
    expect(farthest(fromRounding.top, own.logits)).toBeGreaterThan(5 * difference);
  }, 120_000);
});

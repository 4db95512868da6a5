import { readFileSync } from "node:fs";
import { Engine, type GenerationRequest } from "../../src/engine/methods/engine.js";
import { loadModel, type Model, readModel } from "../../src/engine/model/model.js";

const fixture = (name: string) => new URL(`../fixtures/engine/${name}`, import.meta.url);

/** One prompt of the golden file; see its README. */
export interface Golden {
  readonly chunks: readonly (readonly number[])[];
  readonly question: readonly number[];
  readonly text: readonly string[];
  readonly answer: readonly number[];
  readonly dev: readonly number[];
  readonly full: { readonly logits: readonly number[]; readonly out: readonly number[] };
  readonly "blend0.05": GoldenBlend;
  readonly "blend0.15": GoldenBlend;
  readonly "blend1.0": GoldenBlend;
  readonly reuse: { readonly logits: readonly number[]; readonly out: readonly number[] };
}

/** CacheBlend at one ratio: the cached tokens it recomputed, and what came of it. */
export interface GoldenBlend {
  readonly idx: readonly number[];
  readonly logits: readonly number[];
  readonly out: readonly number[];
}

export const golden = JSON.parse(readFileSync(fixture("golden.json"), "utf8")) as readonly Golden[];

/** The model the golden file was computed with. */
export const goldenModel = (): Model => readModel("golden-tiny", fixture("golden-tiny.safetensors"));

export const engineOf = (model: Model | string, kvTokens = 4096): Engine =>
  new Engine(typeof model === "string" ? loadModel(model) : model, kvTokens);

/** Runs a generator to its end. */
export function finish<T>(work: Generator<unknown, T, void>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Answers a prompt, by default with full prefill and no cache: the ids, the first token's logits and the counts. */
export function answer(
  engine: Engine,
  prompt: readonly number[] | Int32Array,
  request: Partial<GenerationRequest> = {},
) {
  const ids: number[] = [];
  let logits: Float32Array | null = null;
  const work = engine.generate({
    prompt: Int32Array.from(prompt),
    maxTokens: 4,
    cache: { method: "full" },
    salt: "",
    ignoreEos: false,
    ...request,
  });
  for (;;) {
    const step = work.next();
    if (step.done === true) return { ids, logits: logits!, ...step.value };
    if (step.value === undefined) continue;
    logits ??= engine.transformer.logits();
    ids.push(step.value);
  }
}

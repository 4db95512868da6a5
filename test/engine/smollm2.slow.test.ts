import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFile } from "../../src/engine/files/byte-source.js";
import { readGguf } from "../../src/engine/files/gguf.js";
import { readTensor } from "../../src/engine/files/tensor-file.js";
import { openModel } from "../../src/engine/loading/open-model.js";
import type { BlendOptions } from "../../src/engine/methods/blend.js";
import type { PromptPieces } from "../../src/engine/methods/chunks.js";
import { Engine, type GenerationRequest } from "../../src/engine/methods/engine.js";
import type { Compute } from "../../src/engine/model/model.js";
import { type EngineServer, serve } from "../../src/engine/serve.js";
import { smollm2 } from "../support/smollm2.js";
import { json } from "./loading/fixtures.js";
import { answer } from "./support.js";

type Top = readonly (readonly [id: number, logit: number])[];
interface GoldenPrompt {
  readonly id: string;
  readonly ids: readonly number[];
  readonly top10: Top;
  readonly greedy_ids: readonly number[];
  readonly spans?: readonly (readonly [number, number])[];
  readonly blend?: Readonly<
    Record<
      string,
      {
        readonly top10: Top;
        readonly chosen: readonly number[] | number;
        readonly chosen_k?: readonly number[];
      }
    >
  >;
}
const prompts = json("smollm2/golden.json").cases as readonly GoldenPrompt[];
const END = 2;

const found = smollm2();
const model = "path" in found ? found.path : "";
const skipped = "unreachable" in found;
let engine: Engine;
beforeAll(async () => {
  if (skipped) return;
  engine = await engineOf("f32");
});

async function engineOf(compute: Compute, threads = 1): Promise<Engine> {
  const opened = await openModel(model, { maxModelLen: 2048, kvTokens: 4096, compute }, 2 ** 32);
  const made = new Engine(opened.model, opened.kvTokens, { threads });
  opened.close();
  return made;
}

const worst = (top: Top, logits: Float32Array) =>
  Math.max(...top.map(([id, logit]) => Math.abs(logit - logits[id]!)));
const cases = prompts.map((prompt) => ({ name: `${prompt.id}, ${prompt.ids.length} tokens`, prompt }));

describe.skipIf(skipped)("SmolLM2-135M-Instruct from its GGUF", () => {
  it("has gguf-py's numbers", () => {
    const file = openFile(model);
    const { tensors } = readGguf(file);
    for (const { name, type, dims, first, sum, sumsq } of json("smollm2/dequantised.json").tensors) {
      const stored = tensors.get(name)!;
      const values = readTensor(stored);
      expect([stored.type.name, [...stored.shape].reverse()]).toEqual([type, dims]);
      expect([...values.subarray(0, first.length)]).toEqual(first);
      expect(values.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 4);
      expect(values.reduce((total, value) => total + value * value, 0) / sumsq).toBeCloseTo(1, 9);
    }
    file.close();
  });

  it("has Rust tokenizers' ids of 2,000 lines of text, and their text again", () => {
    const { lines, digests } = json("smollm2/lines.json");
    const wrong = lines.filter((line: string, i: number) => {
      const ids = engine.tokenizer.encode(line);
      const digest = createHash("sha256")
        .update([...ids].join(" "))
        .digest("hex")
        .slice(0, 8);
      return digest !== digests[i] || engine.tokenizer.decode(ids) !== line;
    });
    expect(lines).toHaveLength(2000);
    expect(wrong).toEqual([]);
  });

  it("renders its chat template as transformers does", () => {
    const { template_messages, rendered } = json("smollm2/chat.json");
    const ids = engine.tokenizer.chat(template_messages, { addGenerationPrompt: true, more: {} });
    expect(engine.tokenizer.decode(ids)).toBe(rendered);
    expect([...ids]).toEqual(prompts.find(({ id }) => id === "chat")!.ids);
  });

  it.each(cases)("has PyTorch's logits to 2e-3 and its greedy answer: $name", ({ prompt }) => {
    const got = answer(engine, prompt.ids, { maxTokens: 20 });
    expect(worst(prompt.top10, got.logits)).toBeLessThan(2e-3);
    expect(got.ids).toEqual(prompt.greedy_ids.filter((id) => id !== END));
    expect(got.finish).toBe(prompt.greedy_ids.at(-1) === END ? "stop" : "length");
  });

  it.each(
    cases.filter(({ prompt }) => prompt.ids.length < 1_100),
  )("gives the same bits after a prefix hit: $name", ({ prompt }) => {
    engine.clearPrefixes();
    const asked = { cache: { method: "prefix" }, maxTokens: 2, ignoreEos: true } as const;
    const cold = answer(engine, prompt.ids, asked);
    const warm = answer(engine, prompt.ids, asked);
    expect([cold.cachedTokens, warm.cachedTokens]).toEqual([
      0,
      Math.floor((prompt.ids.length - 1) / 16) * 16,
    ]);
    expect(warm.logits).toEqual(cold.logits);
    expect(warm.ids).toEqual(cold.ids);
  });

  it.each(
    cases.filter(({ prompt }) => prompt.spans !== undefined),
  )("reuses and blends as PyTorch does: $name", ({ prompt }) => {
    engine.clearChunks();
    const chunks = prompt.spans!.map(([start, end]) => ({ start, end }));
    const pieces: PromptPieces = { chunks, question: { start: chunks.at(-1)!.end, end: prompt.ids.length } };
    const blend = (recomputeRatio: number, selector: BlendOptions["selector"] = "v") =>
      answer(engine, prompt.ids, {
        cache: {
          method: "blend",
          pieces,
          options: { recomputeRatio, checkLayer: 1, selector, filtering: "once", seed: 0 },
        },
        maxTokens: 1,
        ignoreEos: true,
      });
    const logits = new Map<number, unknown>();
    for (const [ratio, expected] of Object.entries(prompt.blend!)) {
      const got = blend(Number(ratio));
      logits.set(Number(ratio), got.logits);
      // No end is chosen where an answer may not end: the ends' logits are those of the file all the same.
      expect(worst(expected.top10, got.logits), `r = ${ratio}`).toBeLessThan(2e-3);
      if (typeof expected.chosen === "number") expect(got.recomputed.positions).toHaveLength(expected.chosen);
      else expect([...got.recomputed.positions], `r = ${ratio}`).toEqual(expected.chosen);
      if (expected.chosen_k)
        expect([...blend(Number(ratio), "k").recomputed.positions]).toEqual(expected.chosen_k);
    }
    const one = { maxTokens: 1, ignoreEos: true };
    expect(logits.get(1)).toEqual(answer(engine, prompt.ids, one).logits);
    const reuse = answer(engine, prompt.ids, { cache: { method: "reuse", pieces }, ...one });
    expect(logits.get(0)).toEqual(reuse.logits);
  });
});

describe.skipIf(skipped).each([
  ["i16", 1, 1e-6],
  ["i16", 3, 1e-6],
  ["i8", 2, 1e-2],
] as const)("SmolLM2-135M-Instruct with %s on %i threads", (compute, threads, mostNats) => {
  const ask = (of: Engine, { ids }: GoldenPrompt, request: Partial<GenerationRequest> = {}) =>
    answer(of, ids, { maxTokens: 1, ignoreEos: true, ...request });
  const chosen = prompts.filter(({ ids }) => ids.length < 1_100);

  it("is as near to fp32 as is said, and keeps r = 1, r = 0 and prefix hits to the bit", async () => {
    const rounded = await engineOf(compute, threads);
    for (const prompt of chosen) {
      const full = ask(rounded, prompt);
      expect(divergence(ask(engine, prompt).logits, full.logits), prompt.id).toBeLessThan(mostNats);
      rounded.clearPrefixes();
      const cache = { method: "prefix" } as const;
      const [cold, warm] = [ask(rounded, prompt, { cache }), ask(rounded, prompt, { cache })];
      expect([cold.logits, warm.logits]).toEqual([full.logits, full.logits]);
      if (prompt.spans === undefined) continue;
      const chunks = prompt.spans.map(([start, end]) => ({ start, end }));
      const pieces = { chunks, question: { start: chunks.at(-1)!.end, end: prompt.ids.length } };
      const [one, none] = [1, 0].map((recomputeRatio) =>
        ask(rounded, prompt, {
          cache: {
            method: "blend",
            pieces,
            options: { recomputeRatio, checkLayer: 1, selector: "v", filtering: "once", seed: 0 },
          },
        }),
      );
      expect(one!.logits).toEqual(full.logits);
      expect(none!.logits).toEqual(ask(rounded, prompt, { cache: { method: "reuse", pieces } }).logits);
    }
    await rounded.transformer.close();
  });
});

/** KL(p‖q) in nats of the distributions that two models' logits make. */
function divergence(p: Float32Array, q: Float32Array): number {
  const logs = (logits: Float32Array) => {
    const top = logits.reduce((a, b) => Math.max(a, b));
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
    return Float64Array.from(logits, (logit) => logit - top - total);
  };
  const [of, from] = [logs(p), logs(q)];
  return of.reduce((sum, log, id) => sum + Math.exp(log) * (log - from[id]!), 0);
}

describe.skipIf(skipped)("SmolLM2-135M-Instruct, served", () => {
  let server: EngineServer;
  beforeAll(async () => {
    server = await serve({ model, maxModelLen: 1024, kvTokens: 1024 });
  });
  afterAll(() => server?.close());

  it("answers a question in its chat template", async () => {
    const messages = [{ role: "user", content: "What is 2 plus 3?" }];
    const response = await fetch(`${server.url}/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ messages }),
    });
    expect(await response.json()).toMatchObject({
      model: "SmolLM2-135M-Instruct.Q4_1",
      choices: [{ message: { content: "2 + 3 = 5" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 38, completion_tokens: 7 },
    });
  });
});

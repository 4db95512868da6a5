import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as methods from "../../src/api/methods.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import type { Method } from "../../src/methods/request/method.js";
import { chunkedFiller } from "../../src/prompts/chunked-filler.js";
import { random } from "../../src/stats/random.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";
import { answerWell, begin, finish, scriptedServer } from "../support/scripted-server.js";

let serving: EngineHere;
let server: Server;
beforeAll(async () => {
  serving = await engineHere();
  server = await connect(serving.url);
});
afterAll(async () => {
  server.close();
  await serving.close();
});

let prompts = 0;
const newPrompt = () =>
  chunkedFiller(random(`prompt ${++prompts}`), server.tokens, { tokens: 400, chunks: 4 });
const run = async (method: Method) => {
  const prompt = await newPrompt();
  const collected = await method.prepare(prompt);
  return { ...collected, prompt, ...(await method.ask(prompt, { maxTokens: 2 })) };
};

describe("on the embedded engine", () => {
  it("full prefill takes nothing from a cache, also when it is asked again", async () => {
    const method = methods.fullPrefill(server);
    const { prompt, evidence, completion, collect_seconds } = await run(method);
    expect(collect_seconds).toBeNull();
    expect(completion).toMatchObject({ outcome: "ok", cached_tokens: 0 });
    expect(evidence).toBe("proven");
    const again = await method.ask(prompt, { maxTokens: 2 });
    expect(again.completion.cached_tokens).toBe(0);
  });

  it("prefix caching finds the first chunk after retrieval, and nearly all of a repeated prompt", async () => {
    const retrieved = await run(methods.prefixCache(server));
    expect(retrieved.evidence).toBe("proven");
    expect(retrieved.completion.cached_tokens).toBeGreaterThan(80);
    expect(retrieved.completion.cached_tokens).toBeLessThan(130);
    expect(retrieved.collect_seconds).toBeGreaterThan(0);
    const repeated = await run(methods.prefixCache(server, { served: "prompt" }));
    expect(repeated.completion.cached_tokens).toBeGreaterThan(370);
  });

  it("full KV reuse takes every chunk from the store and recomputes none of it", async () => {
    const { completion, columns, evidence, collect_seconds } = await run(methods.fullKvReuse(server));
    expect(evidence).toBe("proven");
    expect(completion.cached_tokens).toBeGreaterThan(370);
    expect(columns).toMatchObject({ method: "full_kv_reuse", recompute_ratio: 0, recomputed_tokens: 0 });
    expect(columns.load_seconds).toBeGreaterThanOrEqual(0);
    expect(collect_seconds).toBeGreaterThan(0);
  });

  it("CacheBlend recomputes its share of the context's tokens", async () => {
    for (const recomputeRatio of [0.05, 0.15, 1]) {
      const { completion, columns, evidence } = await run(methods.cacheBlend(server, { recomputeRatio }));
      expect(evidence).toBe("proven");
      const context = completion.cached_tokens!;
      expect(columns.recomputed_tokens! / context).toBeCloseTo(recomputeRatio, 1);
    }
  });

  it("CacheBlend is told how to choose, and its record says so", async () => {
    const choice = { selector: "attention", checkLayer: 2, filtering: "gradual" } as const;
    const { completion, columns, evidence } = await run(
      methods.cacheBlend(server, { recomputeRatio: 0.2, ...choice }),
    );
    expect(evidence).toBe("proven");
    expect(columns).toMatchObject({
      recompute_ratio: 0.2,
      selector: "attention",
      check_layer: 2,
      filtering: "gradual",
      tokens_per_chunk: null,
    });
    expect(columns.recomputed_tokens! / completion.cached_tokens!).toBeCloseTo(0.2, 1);
    // Two of its four layers are computed for all tokens.
    expect(columns.recomputed_ratio).toBeCloseTo((2 + 2 * 0.2) / 4, 1);
    expect(columns.server_prefill_seconds).toBeGreaterThan(0);
  });

  it("EPIC recomputes the beginning of every chunk but the first, and is proven by its own count", async () => {
    const { columns, evidence, completion } = await run(methods.epic(server, { tokensPerChunk: 8 }));
    expect(evidence).toBe("proven");
    // A beginning and four chunks.
    expect(columns).toMatchObject({
      method: "epic",
      recompute_ratio: null,
      selector: null,
      tokens_per_chunk: 8,
      recomputed_tokens: 32,
    });
    expect(columns.recomputed_ratio).toBeCloseTo(32 / completion.cached_tokens!, 6);
  });

  it.each([
    ["nothing of any chunk", 0, () => methods.fullKvReuse(server)],
    ["all of every chunk", 1_000, () => methods.fullPrefill(server)],
  ])("EPIC that recomputes %s answers as that does", async (_, tokensPerChunk, other) => {
    const prompt = await newPrompt();
    const ask = async (method: Method) => {
      await method.prepare(prompt);
      return (await method.ask(prompt, { maxTokens: 8 })).completion.text;
    };
    expect(await ask(methods.epic(server, { tokensPerChunk }))).toBe(await ask(other()));
  });

  it("a check layer that the model lacks is refused, in the engine's words, before anything is measured", async () => {
    const method = methods.cacheBlend(server, { checkLayer: 40 });
    await expect(method.joining()).rejects.toThrow(/check_layer: must be below the number of layers, 4/);
  });

  it.each([
    [() => methods.epic(server, { tokensPerChunk: -1 }), /tokensPerChunk must be a whole number from 0/],
    [() => methods.cacheBlend(server, { checkLayer: 0 }), /checkLayer must be a whole number from 1/],
    [
      () => methods.cacheBlend(server, { selector: "q" as "v" }),
      /selector must be one of v, k, attention, random/,
    ],
    [
      () => methods.cacheBlend(server, { filtering: "no" as "once" }),
      /filtering must be one of once, gradual/,
    ],
  ])("%s is refused at once", (make, message) => {
    expect(make).toThrow(message);
  });

  it("CacheBlend of everything answers as full prefill does", async () => {
    const prompt = await newPrompt();
    const blend = methods.cacheBlend(server, { recomputeRatio: 1 });
    await blend.prepare(prompt);
    const blended = await blend.ask(prompt, { maxTokens: 8 });
    const full = await methods.fullPrefill(server).ask(prompt, { maxTokens: 8 });
    expect(blended.completion.text).toBe(full.completion.text);
  });
});

describe("on a server that can't do it", () => {
  it("full prefill is contradicted when the server takes tokens from a cache all the same", async () => {
    const caching = await scriptedServer((response) => answerWell(response, 96));
    const method = methods.fullPrefill(await connect(caching.url));
    expect(await method.ask(await newPrompt(), { maxTokens: 1 })).toMatchObject({
      evidence: "contradicted",
      evidence_reason: "96 tokens came from a cache, 3 of them from the beginning that all prompts share",
    });
    await caching.close();
  });

  it("full prefill by reset refuses where there is no reset", async () => {
    const plain = await scriptedServer((response) => answerWell(response));
    const method = methods.fullPrefill(await connect(plain.url), { coldBy: "reset" });
    await expect(method.prepare(await newPrompt())).rejects.toThrow(
      /the cache was not reset: .*VLLM_SERVER_DEV_MODE/,
    );
    await plain.close();
  });

  it("KV reuse and CacheBlend refuse where nothing shows that chunks are cached each by itself", async () => {
    const plain = await scriptedServer((response) => answerWell(response));
    const other = await connect(plain.url);
    const prompt = await newPrompt();
    await expect(methods.fullKvReuse(other).prepare(prompt)).rejects.toThrow(/Full KV reuse refuses to run/);
    await expect(methods.cacheBlend(other).prepare(prompt)).rejects.toThrow(
      /say so \(\{ chunks: methods\.lmcache\(\) \}\)/,
    );
    const blind = methods.cacheBlend(other, { chunks: methods.lmcache() });
    await expect(blind.prepare(prompt)).rejects.toThrow(/gives no token ids/);
    const chunks = methods.lmcache();
    await expect(methods.epic(other, { chunks }).joining()).rejects.toThrow(
      /EPIC refuses to run: .*only the embedded engine can be told which tokens to recompute/,
    );
    await expect(methods.cacheBlend(other, { chunks, selector: "k" }).joining()).rejects.toThrow(
      /only the embedded engine can be told how to choose tokens/,
    );
    await plain.close();
  });

  it("is unproven, not proven, where the server reports no cached tokens", async () => {
    const silent = await scriptedServer((response) => {
      begin(response);
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, text: "a" }] })}\n\n`);
      finish(response, { prompt_tokens: 400, completion_tokens: 1 });
    });
    const method = methods.fullPrefill(await connect(silent.url));
    const { completion, evidence } = await method.ask(await newPrompt(), { maxTokens: 1 });
    expect(completion.outcome).toBe("ok");
    expect(evidence).toBe("unproven");
    await silent.close();
  });

  // llama.cpp kept a whole prompt that another method had asked, and gave it back as if it had been the first chunk.
  it("is contradicted where prefix caching finds more than it had served", async () => {
    let cached = 0;
    const shared = await scriptedServer((response, { body }) => {
      begin(response);
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, text: "a" }] })}\n\n`);
      finish(response, {
        prompt_tokens: Math.ceil(String(body.prompt).length / 4),
        completion_tokens: 1,
        prompt_tokens_details: { cached_tokens: cached },
      });
    });
    const other = await connect(shared.url);
    const prompt = await chunkedFiller(random("shared"), other.tokens, { tokens: 400, chunks: 4 });
    const [chunks, whole] = [methods.prefixCache(other), methods.prefixCache(other, { served: "prompt" })];
    for (const [tokens, method, evidence] of [
      [100, chunks, "proven"],
      [380, chunks, "contradicted"],
      [380, whole, "proven"],
    ] as const) {
      cached = 0;
      await method.prepare(prompt);
      cached = tokens;
      expect((await method.ask(prompt, { maxTokens: 1 })).evidence).toBe(evidence);
    }
    other.close();
    await shared.close();
  });

  it("refuses ratios out of range and sends 0 to full KV reuse", () => {
    for (const recomputeRatio of [0, -0.1, 1.1, Number.NaN]) {
      expect(() => methods.cacheBlend(server, { recomputeRatio })).toThrow(/recomputeRatio must be above 0/);
    }
  });
});

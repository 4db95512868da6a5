import { afterEach, describe, expect, it } from "vitest";
import { type ConnectOptions, connect } from "../../src/client/connect.js";
import { engineHere } from "../support/engine-here.js";
import { KINDS, type StandInOptions, standIn } from "../support/stand-in.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function stand(options: StandInOptions) {
  const server = await standIn(options);
  open.push(server);
  return server;
}

async function reset(options: StandInOptions, connectOptions: ConnectOptions = {}) {
  const { url } = await stand(options);
  const server = await connect(url, connectOptions);
  const result = await server.resetCache();
  server.close();
  return result;
}

const DEV_MODE = { ...KINDS.vllm.routes, "POST /reset_prefix_cache": { success: true } };

describe("clearing the cache names every place where KV was kept", () => {
  it("vLLM, in development mode", async () => {
    expect(await reset({ ...KINDS.vllm, routes: DEV_MODE })).toEqual({
      done: true,
      how: "POST /reset_prefix_cache (vLLM's GPU blocks)",
    });
  });

  it("SGLang and Ollama", async () => {
    expect(await reset(KINDS.sglang)).toEqual({
      done: true,
      how: "POST /flush_cache (SGLang's radix cache)",
    });
    expect(await reset(KINDS.ollama)).toEqual({
      done: true,
      how: "POST /api/generate (the loaded model's cache)",
    });
  });

  it("the embedded engine, its chunks too", async () => {
    const serving = await engineHere();
    open.push(serving);
    const server = await connect(serving.url);
    expect(await server.resetCache()).toEqual({
      done: true,
      how: "POST /reset_prefix_cache?reset_external=true (prefixes and chunks)",
    });
    server.close();
  });

  it("vLLM with LMCache: its own blocks and LMCache's store, which is asked without the key", async () => {
    const store = await stand({ routes: { "DELETE /cache/clear": { status: "success", num_removed: 3 } } });
    const cacheServer = new URL(store.url).origin;
    expect(await reset(KINDS["vllm-lmcache"], { cacheServer, apiKey: "sk-secret-0123456789" })).toEqual({
      done: true,
      how: "POST /reset_prefix_cache (vLLM's GPU blocks), DELETE /cache/clear of the cache server (LMCache's store)",
    });
    expect(store.received).toHaveLength(1);
    expect(store.received[0]!.headers.authorization).toBe(undefined);
  });
  it("vLLM with an LMCache server: its own blocks and that server's first level", async () => {
    // As LMCache 0.5.6 answers.
    const store = await stand({ routes: { "POST /cache/clear": { status: "ok", cleared: { tier: "l1" } } } });
    const cacheServer = new URL(store.url).origin;
    expect(await reset(KINDS["vllm-lmcache-server"], { cacheServer })).toMatchObject({ done: true });
    expect(store.received[0]).toMatchObject({ path: "/cache/clear", body: { tier: "l1" } });
  });
});

describe("the cache is not cleared", () => {
  it.each([
    [
      "a store beside the GPU can't be reached",
      KINDS["vllm-lmcache"],
      /^LMCache's store: its address is not known; start/,
    ],
    [
      "the LMCache server's address is not named",
      KINDS["vllm-lmcache-server"],
      /first level: its address is not known; name/,
    ],
    [
      "vLLM was started without development mode",
      KINDS.vllm,
      /^vLLM's GPU blocks: there is no POST \/reset_prefix_cache; start vLLM with VLLM_SERVER_DEV_MODE=1/,
    ],
    [
      "nothing can clear it",
      KINDS.openai,
      /^OpenAI's prompt cache: no request clears it; it expires by itself/,
    ],
    [
      "llama.cpp may bring a prompt back",
      { model: { owned_by: "llamacpp" } },
      /no request clears it; .*cache_prompt: false/,
    ],
    [
      "vLLM stays busy",
      { ...KINDS.vllm, routes: { ...DEV_MODE, "POST /reset_prefix_cache": { success: false } } },
      /^POST \/reset_prefix_cache said 5 times that the cache was not cleared: the server is busy\.$/,
    ],
    [
      "Ollama does not say that it unloaded",
      { ...KINDS.ollama, routes: { ...KINDS.ollama.routes, "POST /api/generate": { done: true } } },
      /the answer does not say whether it was cleared: \{"done":true\}$/,
    ],
  ])("when %s", async (_why, options: StandInOptions, reason) => {
    expect(await reset(options)).toMatchObject({ done: false, reason: expect.stringMatching(reason) });
  });

  it("when the store refuses, though vLLM's own blocks were", async () => {
    const store = await stand({ routes: { "DELETE /cache/clear": { status: "error" } } });
    const cacheServer = new URL(store.url).origin;
    expect(await reset(KINDS["vllm-lmcache"], { cacheServer })).toMatchObject({
      done: false,
      reason: expect.stringMatching(/^DELETE \/cache\/clear of the cache server: .*"error"/),
    });
  });
});

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EngineServer, serve } from "../../src/engine/serve.js";
import { golden } from "./support.js";

let server: EngineServer;
beforeAll(async () => {
  server = await serve({ model: "tiny", kvTokens: 1024 });
}, 60_000);
afterAll(() => server.close());

const root = () => server.url.slice(0, -"/v1".length);
const get = (path: string) => fetch(root() + path);
const post = (path: string, body: unknown, signal?: AbortSignal) =>
  fetch(root() + path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    signal: signal ?? null,
  });
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
type Json = any;
const json = async (response: Promise<Response>): Promise<Json> => (await response).json();
const user = (content: string) => [{ role: "user", content }];
const events = async (response: Promise<Response>): Promise<Json[]> => {
  const text = await (await response).text();
  const lines = text.split("\n\n").filter((line) => line !== "");
  expect(lines.every((line) => line.startsWith("data: "))).toBe(true);
  expect(lines.at(-1)).toBe("data: [DONE]");
  return lines.slice(0, -1).map((line) => JSON.parse(line.slice("data: ".length)));
};

const { text, chunks, question, full } = golden[0]!;
const prompt = [...text.slice(0, chunks.length), text[chunks.length]].join(" ");
const promptTokens = 1 + chunks.flat().length + question.length;

beforeEach(async () => {
  expect(await json(post("/reset_prefix_cache", ""))).toEqual({ success: true });
});

describe("the server", () => {
  it("lists its model with the context limit", async () => {
    const { object, data } = await json(get("/v1/models"));
    expect(object).toBe("list");
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({ id: "tiny", object: "model", max_model_len: 16_384 });
  });

  it("answers a golden prompt, cold and then from the prefix cache", async () => {
    const body = { model: "tiny", messages: user(prompt) };
    const cold = await json(post("/v1/chat/completions", body));
    const warm = await json(post("/v1/chat/completions", body));
    const expected = (await json(post("/detokenize", { tokens: full.out }))).prompt;
    expect(cold).toMatchObject({
      object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content: expected }, finish_reason: "stop" }],
      usage: { prompt_tokens: promptTokens, prompt_tokens_details: { cached_tokens: 0 } },
    });
    expect(warm.choices).toEqual(cold.choices);
    expect(warm.usage.prompt_tokens_details.cached_tokens).toBe(Math.floor((promptTokens - 1) / 16) * 16);
    expect(warm.usage.total_tokens).toBe(warm.usage.prompt_tokens + warm.usage.completion_tokens);
    for (const time of ["queue_ms", "load_ms", "prefill_ms"])
      expect(warm.timings[time]).toBeGreaterThanOrEqual(0);
  });

  it("streams the role first, then the same words one by one, then the usage", async () => {
    const body = { messages: user(prompt), max_tokens: 4, ignore_eos: true };
    const whole = await json(post("/v1/chat/completions", body));
    const stream = await events(
      post("/v1/chat/completions", { ...body, stream: true, stream_options: { include_usage: true } }),
    );
    expect(stream[0].choices[0].delta).toEqual({ role: "assistant", content: "" });
    const deltas = stream.slice(1, -2).map((event) => event.choices[0].delta.content);
    expect(deltas).toHaveLength(4);
    expect(deltas.join("")).toBe(whole.choices[0].message.content);
    expect(stream.at(-2).choices[0]).toMatchObject({ finish_reason: "length" });
    expect(stream.at(-1)).toMatchObject({
      choices: [],
      usage: { completion_tokens: 4, prompt_tokens: promptTokens },
    });
  });

  it("sends no usage in a stream that did not ask for it", async () => {
    const stream = await events(
      post("/v1/chat/completions", { messages: user("the"), stream: true, max_tokens: 1 }),
    );
    expect(stream.map((event) => event.choices.length)).toEqual([1, 1, 1]);
  });

  it("completes a text and the same text as token ids alike", async () => {
    const { tokens } = await json(post("/tokenize", { prompt }));
    expect(tokens).toHaveLength(promptTokens);
    const byText = await json(post("/v1/completions", { prompt, max_tokens: 3 }));
    const byIds = await json(post("/v1/completions", { prompt: tokens, max_tokens: 3 }));
    expect(byText.object).toBe("text_completion");
    expect(byIds.choices).toEqual(byText.choices);
    expect(byIds.usage.prompt_tokens).toBe(promptTokens);
    const stream = await events(post("/v1/completions", { prompt, max_tokens: 3, stream: true }));
    expect(stream.map((event) => event.choices[0].text).join("")).toBe(byText.choices[0].text);
  });

  it("counts tokens as it counts prompts", async () => {
    const body = { prompt: "An unknown sentence, with signs.", add_special_tokens: false };
    const { count, tokens, max_model_len } = await json(post("/tokenize", body));
    expect([count, tokens.length, max_model_len]).toEqual([7, 7, 16_384]);
    const messages = user(body.prompt);
    expect((await json(post("/tokenize", { messages }))).count).toBe(count + 1);
    const { usage } = await json(post("/v1/chat/completions", { messages, max_tokens: 1 }));
    expect(usage.prompt_tokens).toBe(count + 1);
  });

  it("keeps salts apart, and reads no cache for method full", async () => {
    const cached = async (more: object) =>
      (await json(post("/v1/completions", { prompt, max_tokens: 1, ...more }))).usage.prompt_tokens_details
        .cached_tokens;
    expect(await cached({ cache_salt: "a" })).toBe(0);
    expect(await cached({ cache_salt: "b" })).toBe(0);
    expect(await cached({ cache_salt: "a" })).toBeGreaterThan(0);
    expect(await cached({ cache_salt: "a", cache: { method: "full" } })).toBe(0);
  });

  it("is flushed by prompts that fill the store", async () => {
    const cached = async () =>
      (await json(post("/v1/completions", { prompt, max_tokens: 1 }))).usage.prompt_tokens_details
        .cached_tokens;
    await cached();
    expect(await cached()).toBeGreaterThan(0);
    await json(post("/v1/completions", { prompt: "filler ".repeat(1200), max_tokens: 1 }));
    expect(await cached()).toBe(0);
  });

  it("counts what it does in vLLM's metrics", async () => {
    const read = async (name: string) =>
      Number(new RegExp(`^${name}\\{[^}]*\\} (.*)$`, "m").exec(await (await get("/metrics")).text())![1]);
    const names = [
      "vllm:prefix_cache_queries_total",
      "vllm:prefix_cache_hits_total",
      "vllm:time_to_first_token_seconds_count",
      "vllm:request_prefill_time_seconds_count",
      "vllm:request_queue_time_seconds_count",
    ];
    const before = await Promise.all(names.map(read));
    for (let i = 0; i < 2; i++) await json(post("/v1/completions", { prompt, max_tokens: 1 }));
    const after = await Promise.all(names.map(read));
    const hits = Math.floor((promptTokens - 1) / 16) * 16;
    expect(after.map((value, i) => value - before[i]!)).toEqual([2 * promptTokens, hits, 2, 2, 2]);
    expect(await read("vllm:time_to_first_token_seconds_sum")).toBeGreaterThan(0);
  });

  it("answers requests that came together one after the other, each whole", async () => {
    const answers = await Promise.all(
      golden.slice(0, 6).map(({ text: pieces, chunks: parts }) => {
        const content = pieces.slice(0, parts.length + 1).join(" ");
        return json(post("/v1/chat/completions", { messages: user(content) }));
      }),
    );
    for (const [i, answer] of answers.entries()) {
      expect(answer.choices[0].message.content).toBe(golden[i]!.text.at(-1));
    }
  });

  it("reuses and blends the chunks of a golden prompt, and says what that took", async () => {
    await post("/reset_prefix_cache?reset_external=true", "");
    const ask = async (cache: object) =>
      json(post("/v1/chat/completions", { messages: user(prompt), cache }));
    const context = promptTokens - question.length;
    const first = await ask({ method: "reuse" });
    expect(first.usage.prompt_tokens_details).toEqual({
      cached_tokens: 0,
      collected_tokens: context,
      recomputed_tokens: 0,
      recomputed_ratio: 0,
    });
    expect(first.timings.collect_ms).toBeGreaterThan(0);
    const blended = await ask({ method: "blend", recompute_ratio: 0.15 });
    const recomputed = Math.floor(context * 0.15);
    expect(blended.usage.prompt_tokens_details).toEqual({
      cached_tokens: context,
      collected_tokens: 0,
      recomputed_tokens: recomputed,
      // One of its four layers is computed for all.
      recomputed_ratio: (context + 3 * recomputed) / (4 * context),
    });
    expect(blended.choices[0].message.content).toBe(text.at(-1));
    // The chunks are another cache than the prefixes.
    await post("/reset_prefix_cache", "");
    expect((await ask({ method: "reuse" })).usage.prompt_tokens_details.cached_tokens).toBe(context);
    await post("/reset_prefix_cache?reset_external=true", "");
    expect((await ask({ method: "reuse" })).usage.prompt_tokens_details.cached_tokens).toBe(0);
  });

  it("blends token ids joined by a separator, each piece stored by a request of its own before", async () => {
    await post("/reset_prefix_cache?reset_external=true", "");
    const ids = async (prompt: string): Promise<number[]> =>
      (await json(post("/tokenize", { prompt, add_special_tokens: false }))).tokens;
    const [separator, system, ...pieces] = await Promise.all(
      [" # # ", "<bos> read this", ...text.slice(0, 3)].map(ids),
    );
    const asked = await ids("question : what ?");
    const cache = { method: "blend", recompute_ratio: 0.15, separator: " # # " };
    const complete = async (prompt: number[]) =>
      (await json(post("/v1/completions", { prompt, max_tokens: 1, cache }))).usage.prompt_tokens_details;
    await complete([...system!, ...separator!, ...pieces[0]!]);
    for (const piece of pieces.slice(1)) await complete(piece);
    const whole = [system!, ...[...pieces, asked].map((piece) => [...separator!, ...piece])].flat();
    const stored = system!.length + pieces.flat().length;
    expect(await complete(whole)).toEqual({
      cached_tokens: stored,
      collected_tokens: 0,
      recomputed_tokens: Math.floor(stored * 0.15),
      recomputed_ratio: (stored + 3 * Math.floor(stored * 0.15)) / (4 * stored),
    });
  });

  it("recomputes the beginning of every chunk but the first, and chooses by attention in every layer", async () => {
    const body = { prompt: [1, 11, 9, 10, 6, 11, 9], max_tokens: 1 };
    const ask = async (cache: object) =>
      (await json(post("/v1/completions", { ...body, cache: { ...cache, chunks: [2, 3] } }))).usage
        .prompt_tokens_details;
    expect(await ask({ method: "epic", tokens_per_chunk: 2 })).toMatchObject({
      recomputed_tokens: 2,
      recomputed_ratio: 2 / 6,
    });
    expect((await ask({ method: "epic" })).recomputed_tokens).toBe(3);
    const chosen = { method: "blend", recompute_ratio: 0.5, selector: "attention", filtering: "gradual" };
    // Layers 1 to 3 of six tokens at .75, .5 and .25.
    expect(await ask(chosen)).toMatchObject({ recomputed_tokens: 3, recomputed_ratio: (6 + 4 + 3 + 1) / 24 });
  });

  it("takes the chunks' lengths instead of a separator", async () => {
    const body = {
      prompt: "<bos> the he she what",
      max_tokens: 1,
      cache: { method: "reuse", chunks: [2, 1] },
    };
    const { usage } = await json(post("/v1/completions", { ...body, prompt: [1, 11, 9, 10, 6] }));
    expect(usage.prompt_tokens_details.cached_tokens + usage.prompt_tokens_details.collected_tokens).toBe(4);
  });

  it("says that it is healthy while it computes", async () => {
    const long = json(post("/v1/completions", { prompt: "filler ".repeat(3000), max_tokens: 1 }));
    let done = false;
    void long.then(() => {
      done = true;
    });
    await sleep(20);
    expect((await get("/health")).status).toBe(200);
    expect(done).toBe(false);
    await long;
  });

  it("stops computing for a client that has gone away", async () => {
    const gone = new AbortController();
    const asked = post(
      "/v1/completions",
      { prompt: "the", max_tokens: 16_000, ignore_eos: true, stream: true },
      gone.signal,
    );
    const reader = (await asked).body!.getReader();
    await reader.read();
    gone.abort();
    const next = await json(post("/v1/completions", { prompt: "the", max_tokens: 1 }));
    expect(next.choices).toHaveLength(1);
    const metrics = await (await get("/metrics")).text();
    expect(Number(/^vllm:generation_tokens_total\S* (.*)$/m.exec(metrics)![1])).toBeLessThan(10_000);
  });
});

describe("a request the server can't take", () => {
  const blendOf = (options: object, prompt = "a") => ({ prompt, cache: { method: "blend", ...options } });

  it.each([
    ["no JSON", "/v1/chat/completions", "{", 400, "not JSON"],
    ["no messages", "/v1/chat/completions", {}, 400, "messages"],
    ["an empty list of messages", "/v1/chat/completions", { messages: [] }, 400, "messages"],
    ["no prompt", "/v1/completions", {}, 400, "prompt"],
    ["an unknown token id", "/v1/completions", { prompt: [1, 5000] }, 400, "5000"],
    ["several prompts", "/v1/completions", { prompt: ["a", "b"] }, 400, "prompt"],
    ["no tokens to generate", "/v1/completions", { prompt: "a", max_tokens: 0 }, 400, "max_tokens"],
    [
      "an unknown cache method",
      "/v1/completions",
      { prompt: "a", cache: { method: "magic" } },
      400,
      "cache.method",
    ],
    [
      "an unknown model",
      "/v1/completions",
      { model: "gpt", prompt: "a" },
      404,
      "The model `gpt` does not exist",
    ],
    ["a misspelt cache option", "/v1/completions", blendOf({ ratio: 1 }), 400, "ratio"],
    ["a ratio above 1", "/v1/completions", blendOf({ recompute_ratio: 15 }), 400, "recompute_ratio"],
    ["a check layer it lacks", "/v1/completions", blendOf({ check_layer: 4 }), 400, "number of layers, 4"],
    ["an unknown selector", "/v1/completions", blendOf({ selector: "q" }), 400, "cache.selector"],
    ["an unknown filtering", "/v1/completions", blendOf({ filtering: "twice" }), 400, "cache.filtering"],
    [
      "a part of a token",
      "/v1/completions",
      { prompt: "a", cache: { method: "epic", tokens_per_chunk: 1.5 } },
      400,
      "cache.tokens_per_chunk",
    ],
    [
      "CacheBlend's options with EPIC",
      "/v1/completions",
      { prompt: "a", cache: { method: "epic", recompute_ratio: 0.1 } },
      400,
      "recompute_ratio",
    ],
    ["a separator of nothing", "/v1/completions", blendOf({ separator: " " }), 400, "no tokens"],
    ["two ways to chunk", "/v1/completions", blendOf({ separator: "#", chunks: [1] }), 400, "not both"],
    [
      "chunks beyond the prompt",
      "/v1/completions",
      blendOf({ chunks: [2, 2] }),
      400,
      "has 4 tokens, the prompt only 2",
    ],
    ["chunks beyond the store", "/v1/completions", blendOf({}, "## he ".repeat(70)), 400, "holds 1024"],
    ["an unknown path", "/v1/images", {}, 404, "/v1/images"],
    ["another method", "/v1/models", {}, 405, "POST"],
  ])("(%s) gets an error of OpenAI's shape", async (_, path, body, status, message) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as Json;
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: status, param: null });
    expect(error.type).toMatch(/Error$/);
  });

  it("because it is too long is told the limit and its own length", async () => {
    const response = await post("/v1/chat/completions", {
      messages: user("word ".repeat(16_400)),
      max_tokens: 10,
    });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as Json;
    expect(error.message).toContain("maximum context length is 16384 tokens");
    expect(error.message).toContain("you requested 16411 tokens (16401 in the prompt, 10 in the completion)");
  });
});

describe("serve", () => {
  it("refuses options that break their rule", async () => {
    await expect(serve({ model: "gpt" })).rejects.toThrow(
      /model must be one of .*tiny.*bench; received "gpt"/,
    );
    await expect(serve({ port: 70_000 })).rejects.toThrow(
      "port must be a whole number from 0 to 65535; received 70000",
    );
    await expect(serve({ kvTokens: 3 })).rejects.toThrow("kvTokens");
  });

  it("says so when the port is taken", async () => {
    const { port } = new URL(server.url);
    await expect(serve({ port: Number(port) })).rejects.toThrow(`127.0.0.1:${port}: address already in use`);
  });
});

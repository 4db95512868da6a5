import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelError } from "../../src/domain/errors/errors.js";
import { type EngineServer, serve } from "../../src/engine/serve.js";
import { engineHere } from "../support/engine-here.js";
import { fixture, json as fixtureJson } from "./loading/fixtures.js";

let server: EngineServer;
beforeAll(async () => {
  server = await serve({ model: fixture("qwen2"), kvTokens: 1024 });
}, 60_000);
afterAll(() => server.close());

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
type Json = any;
const post = async (path: string, body: unknown): Promise<Json> => {
  const response = await fetch(server.url.slice(0, -"/v1".length) + path, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return response.headers.get("content-type")!.startsWith("text/event-stream")
    ? (await response.text())
        .split("\n\n")
        .filter((line) => line.startsWith("data: {"))
        .map((line) => JSON.parse(line.slice("data: ".length)))
    : response.json();
};
const ids = async (prompt: string): Promise<number[]> =>
  (await post("/tokenize", { prompt, add_special_tokens: false })).tokens;
const { messages, rendered, chat_ids } = fixtureJson("qwen2/tokens.json");

describe("a server of a language model", () => {
  it("names it as its folder, with its own context", async () => {
    expect([server.model, server.isLanguageModel]).toEqual(["qwen2", true]);
    const models = await (await fetch(`${server.url}/models`)).json();
    expect((models as Json).data[0]).toMatchObject({
      id: "qwen2",
      max_model_len: 128,
      owned_by: "firsttoken",
    });
  });

  it("tokenises texts and chats as the model's own files say, and back", async () => {
    const chat = await post("/tokenize", { messages, return_token_strs: true });
    expect([chat.tokens, chat.count]).toEqual([chat_ids, chat_ids.length]);
    expect(chat.token_strs[0]).toBe("<|begin|>");
    expect((await post("/detokenize", { tokens: chat_ids })).prompt).toBe(rendered);
    const { error } = await post("/detokenize", { tokens: [320] });
    expect(error.message).toContain("tokens.0: token id 320 is not");
  });

  it("answers a chat as it completes the template's ids, as one object and in a stream", async () => {
    const asked = { max_tokens: 12, ignore_eos: true };
    const chat = await post("/v1/chat/completions", { messages, ...asked });
    const text = (await post("/v1/completions", { prompt: chat_ids, ...asked })).choices[0].text;
    expect(chat.choices[0].message.content).toBe(text);
    expect(chat.usage).toMatchObject({ prompt_tokens: chat_ids.length, completion_tokens: 12 });
    const events = await post("/v1/chat/completions", { messages, ...asked, stream: true });
    expect(events.map(({ choices }: Json) => choices[0].delta.content).join("")).toBe(text);
    expect(events.at(-1).choices[0].finish_reason).toBe("length");
  });

  it("ends at a stop text, in a stream too, and says so", async () => {
    const asked = { prompt: chat_ids, max_tokens: 12, ignore_eos: true };
    const whole: string = (await post("/v1/completions", asked)).choices[0].text;
    const stop = whole.slice(3, 5);
    const expected = whole.slice(0, whole.indexOf(stop));
    const one = await post("/v1/completions", { ...asked, stop });
    expect(one.choices[0]).toMatchObject({ text: expected, finish_reason: "stop" });
    expect(one.usage.completion_tokens).toBeLessThan(12);
    const events = await post("/v1/completions", { ...asked, stop: ["\0", stop], stream: true });
    expect(events.map(({ choices }: Json) => choices[0].text).join("")).toBe(expected);
  });

  it("samples the same answer for the same seed, others for others, and the greedy one at temperature 0", async () => {
    const answer = async (more: object): Promise<string> =>
      (await post("/v1/completions", { prompt: "a", max_tokens: 12, ignore_eos: true, ...more })).choices[0]
        .text;
    const greedy = await answer({});
    expect(await answer({ temperature: 0, seed: 1 })).toBe(greedy);
    expect(await answer({ temperature: 2, top_k: 1 })).toBe(greedy);
    const [one, again, other] = [
      await answer({ temperature: 2, seed: 1 }),
      await answer({ temperature: 2, seed: 1 }),
      await answer({ temperature: 2, seed: 2 }),
    ];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  it.each([
    [
      "an id out of range",
      { prompt: [1, 320] },
      "prompt.1: token id 320 is not a whole number from 0 and below the vocabulary's size, 320",
    ],
    ["an id below 0", { prompt: [-1] }, "prompt.0: token id -1 is not"],
    ["a fraction for an id", { prompt: [1, 1.5] }, "prompt.1: token id 1.5 is not"],
    ["a text among ids", { prompt: [1, "a"] }, "prompt: must be one text or one array of token ids"],
    ["nothing", { prompt: "" }, "prompt: has no tokens"],
    ["more than its context", { prompt: "a".repeat(400) }, "maximum context length is 128 tokens"],
    ["chunks it can't find", { prompt: "a", cache: { method: "reuse" } }, "must say where the chunks are"],
    ["a temperature below 0", { prompt: "a", temperature: -1 }, "temperature"],
    ["no share", { prompt: "a", top_p: 0 }, "top_p"],
    ["an empty stop text", { prompt: "a", stop: "" }, "stop"],
  ])("refuses %s", async (_, body, message) => {
    expect((await post("/v1/completions", body)).error).toMatchObject({
      code: 400,
      message: expect.stringContaining(message),
    });
  });
});

describe("a prompt that fills the context", () => {
  const prompt = Array.from({ length: 128 }, (_, i) => 3 + ((i * 37) % 300));
  const echoed = { prompt, max_tokens: 0, echo: true, logprobs: 1 };

  it.each([
    ["full prefill", { method: "full" }],
    ["a prefix", { method: "prefix" }],
    ["no chunks", { method: "reuse", chunks: [] }],
    ["one chunk", { method: "reuse", chunks: [127] }],
    ["chunks", { method: "blend", chunks: [60, 60], recompute_ratio: 1 }],
    ["chunks linked", { method: "epic", chunks: [1, 126], tokens_per_chunk: 200 }],
  ])("is computed with %s, and leaves the next answers as they were", async (_, cache) => {
    const next = { prompt: prompt.slice(0, 50), max_tokens: 4, logprobs: 3, cache: { method: "full" } };
    const before = (await post("/v1/completions", next)).choices[0].logprobs;
    const { usage, choices } = await post("/v1/completions", { ...echoed, cache });
    expect(usage).toMatchObject({ prompt_tokens: 128, completion_tokens: 0 });
    expect(choices[0].finish_reason).toBe("length");
    expect((await post("/v1/completions", next)).choices[0].logprobs).toEqual(before);
  });
});

describe("fields of OpenAI's and vLLM's requests", () => {
  const refused = async (path: string, body: object) => (await post(path, body)).error;

  it.each([
    ["/v1/completions", { n: 2 }],
    ["/v1/completions", { best_of: 2 }],
    ["/v1/completions", { suffix: "b" }],
    ["/v1/completions", { logit_bias: { "5": 1 } }],
    ["/v1/completions", { presence_penalty: 0.5 }],
    ["/v1/completions", { frequency_penalty: -1 }],
    ["/v1/completions", { repetition_penalty: 1.1 }],
    ["/v1/completions", { min_p: 0.1 }],
    ["/v1/completions", { stop_token_ids: [5] }],
    ["/v1/completions", { bad_words: ["b"] }],
    ["/v1/completions", { allowed_token_ids: [5] }],
    ["/v1/completions", { guided_regex: "a+" }],
    ["/v1/completions", { structured_outputs: { regex: "a+" } }],
    ["/v1/completions", { response_format: { type: "json_object" } }],
    ["/v1/completions", { include_stop_str_in_output: true }],
    ["/v1/completions", { skip_special_tokens: false }],
    ["/v1/completions", { use_beam_search: true }],
    ["/v1/completions", { truncate_prompt_tokens: 5 }],
    ["/v1/completions", { prompt_embeds: "AAAA" }],
    ["/v1/completions", { max_tokens: 0 }],
    ["/v1/completions", { min_tokens: 5, max_tokens: 4 }],
    ["/v1/completions", { logprobs: 1, echo: true, stream: true }],
    ["/v1/chat/completions", { n: 2 }],
    ["/v1/chat/completions", { max_tokens: 0 }],
    ["/v1/chat/completions", { logit_bias: { "5": 1 } }],
    ["/v1/chat/completions", { echo: true }],
    ["/v1/chat/completions", { tools: [{ type: "function", function: { name: "f" } }] }],
    ["/v1/chat/completions", { tools: [{ type: "function" }], tool_choice: "required" }],
    ["/v1/chat/completions", { functions: [{ name: "f" }] }],
    ["/v1/chat/completions", { chat_template: "{{ messages }}" }],
    ["/v1/chat/completions", { continue_final_message: true }],
    ["/v1/chat/completions", { documents: [{ text: "a" }] }],
    ["/v1/chat/completions", { response_format: { type: "json_schema", json_schema: {} } }],
    ["/v1/chat/completions", { modalities: ["text", "audio"] }],
  ])("that would change the answer are refused by name: %s %j", async (path, field) => {
    const body = path.includes("chat") ? { messages } : { prompt: "a" };
    const error = await refused(path, { ...body, max_tokens: 4, ...field });
    expect(error).toMatchObject({ code: 400, type: "BadRequestError", param: null });
    expect(error.message).toMatch(new RegExp(`^${Object.keys(field)[0]}: `));
  });

  it("have no effect with the values they have when they are left out", async () => {
    const common = {
      ...{ n: 1, best_of: 1, logit_bias: {}, presence_penalty: 0, frequency_penalty: 0, min_p: 0 },
      ...{ repetition_penalty: 1, stop: null, stop_token_ids: [], response_format: { type: "text" } },
      ...{ user: "me", metadata: { a: "b" }, store: false, seed: 3, min_tokens: 0, top_k: -1, top_p: 1 },
    };
    const ask = { max_tokens: 5, ignore_eos: true };
    const plain = await post("/v1/completions", { prompt: chat_ids, ...ask });
    const same = await post("/v1/completions", {
      ...{ prompt: chat_ids, suffix: null, echo: false, ...common, ...ask },
    });
    expect(same.choices).toEqual(plain.choices);
    const chat = await post("/v1/chat/completions", { messages, ...ask });
    const fields = { tools: [], tool_choice: "none", functions: [], modalities: ["text"], ...common };
    expect((await post("/v1/chat/completions", { messages, ...fields, ...ask })).choices).toEqual(
      chat.choices,
    );
  });

  it("what a message has beside its text is for the template, which this one does not ask for", async () => {
    const call = { id: "1", type: "function", function: { name: "f", arguments: '{"x": 1}' } };
    const talk = [...messages, { role: "assistant", tool_calls: [call] }, { role: "tool", content: "2" }];
    const { tokens } = await post("/tokenize", { messages: talk, tools: [{}], tool_choice: "none" });
    const { prompt } = await post("/detokenize", { tokens });
    expect(prompt).toContain("<|begin|>tool\n2");
    const image = [{ role: "user", content: [{ type: "image_url", image_url: { url: "a" } }] }];
    expect((await refused("/v1/chat/completions", { messages: image })).message).toBe(
      "messages.0.content: must be a text, or parts of the type text.",
    );
  });

  it("min_tokens keeps an answer from ending before, by a stop text too", async () => {
    const asked = { prompt: chat_ids, max_tokens: 12, ignore_eos: true };
    const whole: string = (await post("/v1/completions", asked)).choices[0].text;
    const stop = whole.slice(0, 1);
    const at = async (min_tokens: number) =>
      (await post("/v1/completions", { ...asked, stop, min_tokens })).usage;
    expect((await at(0)).completion_tokens).toBeLessThan(4);
    expect((await at(4)).completion_tokens).toBeGreaterThan(4);
    expect((await at(12)).completion_tokens).toBe(12);
  });
});

describe("an echoed prompt", () => {
  const prompt = "The quick brown fox";

  it("stands before the answer, with its tokens and their log-probabilities as prompt_logprobs has them", async () => {
    const ask = { max_tokens: 3, ignore_eos: true };
    const told = (await post("/v1/completions", { prompt, ...ask, logprobs: 2, prompt_logprobs: 2 }))
      .choices[0];
    const echoed = (await post("/v1/completions", { prompt, ...ask, logprobs: 2, echo: true })).choices[0];
    expect(echoed.text).toBe(prompt + told.text);
    const { tokens, token_logprobs, top_logprobs, text_offset } = echoed.logprobs;
    const own = await post("/tokenize", { prompt, return_token_strs: false });
    expect(tokens).toHaveLength(own.count + 3);
    expect(tokens.slice(own.count)).toEqual(told.logprobs.tokens);
    expect(token_logprobs.slice(own.count)).toEqual(told.logprobs.token_logprobs);
    expect([token_logprobs[0], top_logprobs[0]]).toEqual([null, null]);
    for (const [i, id] of own.tokens.entries()) {
      if (i > 0) expect(token_logprobs[i]).toBe(told.prompt_logprobs[i][id].logprob);
      expect(echoed.text.startsWith(tokens[i], text_offset[i])).toBe(true);
    }
    expect(text_offset[own.count]).toBe(prompt.length);
    expect(echoed.prompt_logprobs).toBeUndefined();
  });

  it("may be all there is", async () => {
    const ask = { prompt: chat_ids, max_tokens: 0, echo: true };
    const { choices, usage } = await post("/v1/completions", { ...ask, logprobs: 0 });
    expect(choices[0]).toMatchObject({ text: rendered, finish_reason: "length" });
    expect(choices[0].logprobs.tokens).toHaveLength(chat_ids.length);
    expect(usage).toMatchObject({ prompt_tokens: chat_ids.length, completion_tokens: 0 });
  });

  it("comes first in a stream", async () => {
    const ask = { prompt, max_tokens: 4, echo: true, ignore_eos: true };
    const whole = (await post("/v1/completions", ask)).choices[0].text;
    const events = await post("/v1/completions", { ...ask, stream: true });
    expect(events[0].choices[0].text).toBe(prompt);
    expect(events.map(({ choices }: Json) => choices[0].text).join("")).toBe(whole);
  });
});

describe("log-probabilities of a language model's answers", () => {
  const ask = { max_tokens: 5, ignore_eos: true };

  it("stand with every token of a completion, greedily the likeliest, and are a chat's", async () => {
    const completion = await post("/v1/completions", { prompt: chat_ids, logprobs: 3, ...ask });
    const { tokens, token_logprobs, top_logprobs, text_offset } = completion.choices[0].logprobs;
    expect(tokens).toHaveLength(5);
    expect(text_offset[0]).toBe(0);
    for (const [i, token] of tokens.entries()) {
      expect(Math.max(...(Object.values(top_logprobs[i]) as number[]))).toBe(token_logprobs[i]);
      expect(top_logprobs[i][token]).toBe(token_logprobs[i]);
    }
    const chat = await post("/v1/chat/completions", { messages, logprobs: true, top_logprobs: 3, ...ask });
    const content = chat.choices[0].logprobs.content;
    expect(content.map(({ logprob }: Json) => logprob)).toEqual(token_logprobs);
    expect(content.map(({ token }: Json) => token)).toEqual(tokens);
    for (const { top_logprobs: top, logprob, token, bytes } of content) {
      expect(top.map((one: Json) => one.logprob)).toEqual(
        top.map((one: Json) => one.logprob).sort((a: number, b: number) => b - a),
      );
      expect(top[0]).toEqual({ token, logprob, bytes });
      expect(Buffer.from(bytes).toString()).toBe(token);
    }
    const events = await post("/v1/chat/completions", {
      messages,
      logprobs: true,
      top_logprobs: 3,
      stream: true,
      ...ask,
    });
    const streamed = events.flatMap(({ choices }: Json) => choices[0].logprobs?.content ?? []);
    expect(streamed).toEqual(content);
  });

  it("of a prompt are PyTorch's for its next token, and nothing is read from a cache for them", async () => {
    const { ids: prompt, logits } = fixtureJson("qwen2/expected.json");
    const highest = Math.max(...logits);
    const all =
      highest + Math.log(logits.reduce((sum: number, logit: number) => sum + Math.exp(logit - highest), 0));
    const best = logits.indexOf(highest);
    const body = { prompt: [...prompt, best], max_tokens: 1, prompt_logprobs: 2 };
    await post("/v1/completions", body);
    const { choices, usage } = await post("/v1/completions", body);
    const told = choices[0].prompt_logprobs;
    expect(usage.prompt_tokens_details.cached_tokens).toBe(0);
    expect(told).toHaveLength(prompt.length + 1);
    expect(told[0]).toBeNull();
    expect(told.slice(1).every((one: Json) => [2, 3].includes(Object.keys(one).length))).toBe(true);
    expect(told.at(-1)[best]).toMatchObject({ rank: 1, logprob: expect.closeTo(highest - all, 4) });
    for (const [i, id] of [...prompt, best].entries()) if (i > 0) expect(told[i][id].rank).toBeGreaterThan(0);
  });

  it("of a prompt of reused chunks are told where they were computed, and null elsewhere", async () => {
    const chunks = [
      [40, 41, 42, 43],
      [44, 45, 46],
    ];
    const body = { prompt: [...chunks.flat(), 50, 51, 52], max_tokens: 1, prompt_logprobs: 0 };
    const reuse = await post("/v1/completions", { ...body, cache: { method: "reuse", chunks } });
    const at = reuse.choices[0].prompt_logprobs.map((one: Json) => one !== null);
    expect(at).toEqual([...Array(8).fill(false), true, true]);
    const full = await post("/v1/completions", { ...body, cache: { method: "full" } });
    const blend = await post("/v1/completions", {
      ...body,
      cache: { method: "blend", recompute_ratio: 1, chunks },
    });
    expect(blend.choices[0].prompt_logprobs).toEqual(full.choices[0].prompt_logprobs);
  });

  it.each([
    ["full", {}],
    ["reuse", { chunks: [30, 9] }],
    ["blend", { chunks: [30, 9], recompute_ratio: 0.5 }],
  ])("of a prompt are the same from any token on, and null before it: %s", async (method, more) => {
    const prompt = Array.from({ length: 48 }, (_, i) => 3 + ((i * 37) % 300));
    const body = { prompt, max_tokens: 1, prompt_logprobs: 2, cache: { method, ...more } };
    const all: Json[] = (await post("/v1/completions", body)).choices[0].prompt_logprobs;
    expect(all.at(-1)).not.toBeNull();
    for (const from of [0, 1, 17, 40, 47, 48, 1_000]) {
      const told = (await post("/v1/completions", { ...body, prompt_logprobs_from: from })).choices[0];
      expect(told.prompt_logprobs, String(from)).toEqual(all.map((one, i) => (i < from ? null : one)));
    }
  });

  it.each([
    ["more than 20", "/v1/completions", { prompt: "a", logprobs: 21 }, "logprobs"],
    [
      "more than 20 of the prompt",
      "/v1/completions",
      { prompt: "a", prompt_logprobs: 21 },
      "prompt_logprobs",
    ],
    [
      "those of the prompt in a stream",
      "/v1/completions",
      { prompt: "a", prompt_logprobs: 1, stream: true },
      "not available in a stream",
    ],
    [
      "those from a token on, of which none are asked for",
      "/v1/completions",
      { prompt: "a", prompt_logprobs_from: 1 },
      "needs prompt_logprobs",
    ],
    [
      "a top without logprobs",
      "/v1/chat/completions",
      { messages, top_logprobs: 3 },
      "needs logprobs to be true",
    ],
  ])("are refused for %s", async (_, path, body, message) => {
    expect((await post(path, body)).error.message).toContain(message);
  });
});

describe("chunks of a text whose tokens join two pieces", () => {
  const pieces = ["The quick brown fox jumps over th", "e lazy dog. Then we'l", "l return."];

  it("have other tokens than the text: counts made apart name the wrong ones", async () => {
    const apart = await Promise.all(pieces.map(ids));
    const whole = await ids(pieces.join(""));
    expect(whole).not.toEqual(apart.flat());
    expect(whole.length).toBeLessThan(apart.flat().length);

    // The pieces' own keys and values are stored, each under its own ids.
    const named = { method: "reuse", chunks: apart.slice(0, 2) };
    const ask = async (prompt: unknown, cache: object) =>
      post("/v1/completions", { prompt, max_tokens: 1, cache });
    await ask(apart.flat(), named);
    const stored = apart[0]!.length + apart[1]!.length;
    const cachedOf = (answer: Json) => answer.usage.prompt_tokens_details.cached_tokens;
    expect(cachedOf(await ask(apart.flat(), named))).toBe(stored);

    // The text with the pieces' counts: other chunks are cut out of it, which nobody stored.
    const counts = { method: "reuse", chunks: apart.slice(0, 2).map(({ length }) => length) };
    expect(cachedOf(await ask(pieces.join(""), counts))).toBeLessThan(stored);

    // The text with the pieces' ids is refused, at the first place where they differ.
    const at = whole.findIndex((id, i) => id !== apart.flat()[i]);
    const { error } = await ask(pieces.join(""), named);
    expect(error.code).toBe(400);
    expect(error.message).toContain(`at position ${at}. Tokens of a text may join two chunks`);
  });

  it("are the prompt's from its beginning, or behind a BOS that they do not begin with", async () => {
    const ask = async (prompt: readonly number[], chunks: unknown) =>
      post("/v1/completions", { prompt, max_tokens: 1, cache: { method: "reuse", chunks } });
    await post("/reset_prefix_cache?reset_external=true", {});
    const collected = ({ usage }: Json) => usage.prompt_tokens_details.collected_tokens;
    expect(collected(await ask([1, 40, 41, 42, 43], [[1, 40, 41]]))).toBe(3);
    expect(collected(await ask([1, 50, 51, 52, 53], [[50, 51]]))).toBe(3);
    expect(collected(await ask([60, 61, 62, 63], [[60, 61]]))).toBe(2);
    expect((await ask([1, 50], [[50, 51]])).error.message).toContain(
      "has the id 51 where the prompt has no more",
    );
  });
});

describe("a language model of a short context", () => {
  it.each([4, 32, 49])("of %i tokens is served, and warmed up within it", async (tokens) => {
    const folder = mkdtempSync(join(tmpdir(), "models-"));
    cpSync(fixture("qwen2"), folder, { recursive: true });
    const config = { ...fixtureJson("qwen2/config.json"), max_position_embeddings: tokens };
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    const short = await engineHere({ model: folder, kvTokens: 1_024, isWarm: true });
    const asked = { prompt: [5, 6, 7], max_tokens: 1, ignore_eos: true };
    const response = await fetch(`${short.url}/completions`, { method: "POST", body: JSON.stringify(asked) });
    expect(((await response.json()) as Json).usage.completion_tokens).toBe(1);
    await short.close();
    rmSync(folder, { recursive: true });
  });
});

describe("a language model that can't be served", () => {
  it("is an error of the model, that names its path and what is wrong", async () => {
    const model = fixture("by-gguf-py.gguf");
    const refused = await serve({ model }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ModelError);
    expect(refused).toMatchObject({
      path: model,
      message: `The model ${model} can't be used: it has no llama.embedding_length.`,
    });
    await expect(serve({ model: fixture("qwen2"), maxModelLen: 4096 })).rejects.toThrow(
      "its context is 128 tokens, fewer than the 4096 asked for",
    );
    await expect(serve({ model: "nowhere/model.gguf" })).rejects.toThrow(
      /model must be one of a Hugging Face folder/,
    );
    await expect(serve({ maxModelLen: 20_000 })).rejects.toThrow(
      "maxModelLen must be at most 16384 for tiny",
    );
  });
});

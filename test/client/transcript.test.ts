import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { recorded } from "../support/recorded.js";
import { type ScriptedServer, serveScript } from "./scripted-server.js";

const { replay } = recorded("llama-server");

let scripted: ScriptedServer;
afterEach(() => scripted.close());

async function chatReplayed(name: string) {
  scripted = await serveScript(({ path, body }) => {
    if (path === "/v1/models") return replay("models");
    if (path === "/props") return replay("props");
    if (path === "/tokenize")
      return body.includes('"content"') ? replay("tokenize") : replay("error: bad json type");
    return path === "/v1/chat/completions" ? replay(name) : replay("error: not found");
  });
  const server = await connect(scripted.url);
  const completion = await server.chat({ messages: [{ role: "user", content: "Hi" }] });
  return { server, completion };
}

describe("the recorded llama-server", () => {
  it("is met with its model, its slot's context and its tokenizer", async () => {
    const { server } = await chatReplayed("chat stream cold");
    expect(server).toMatchObject({
      model: "tiny-random",
      contextLimit: { tokens: 32768, source: "n_ctx of /props" },
      tokens: { name: "server /tokenize", exact: true },
    });
    expect(await server.tokens.count("hello world, hello")).toBe(8);
    expect(await server.resetCache()).toMatchObject({ done: false });
  });

  it.each([
    ["chat stream cold", 0, " ju de"],
    ["chat stream repeat (hit)", 612, " ju de"],
    ["chat after erase", 596, " ju de"],
  ])("%s: %i of 613 prompt tokens came from the cache", async (name, cached, end) => {
    const { completion } = await chatReplayed(name);
    expect(completion).toMatchObject({
      outcome: "ok",
      status: 200,
      prompt_tokens: 613,
      output_tokens: 8,
      cached_tokens: cached,
      cached_tokens_source: "usage.prompt_tokens_details.cached_tokens",
      finish_reason: "length",
    });
    expect(completion.text).toMatch(/^uvpn peoplpu/);
    expect(completion.text.endsWith(end)).toBe(true);
  });

  it("does not take its first frame, whose content is null, for a token", async () => {
    const { completion } = await chatReplayed("chat stream cold");
    expect(completion.ttft_seconds).toBeGreaterThan(completion.first_event_seconds!);
  });

  it("takes its answer of one token that is no text yet for an answer without TTFT", async () => {
    const { completion } = await chatReplayed("unknown model name");
    expect(completion).toMatchObject({
      outcome: "ok",
      error: null,
      ttft_seconds: null,
      finish_reason: "length",
    });
    expect(completion.remark).toMatch(/^The answer is empty \(finish_reason "length"\): .*--max_tokens/);
  });

  it.each([
    [
      "error: context too long",
      "HTTP 400: request (120016 tokens) exceeds the available context size (32768 tokens), try increasing it.",
    ],
    ["error: bad json type", "HTTP 400: Expected 'messages' to be an array."],
    ["error: not found", "HTTP 404: File Not Found."],
    [
      "chat non-stream",
      "The server answered in one piece although a stream was requested: TTFT can't be measured.",
    ],
  ])("%s is an error in one sentence", async (name, error) => {
    const { completion } = await chatReplayed(name);
    expect(completion).toMatchObject({ outcome: "error", error, ttft_seconds: null });
  });
});

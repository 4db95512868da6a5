import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { softwareOf } from "../../src/client/server.js";
import { report } from "../../src/servers/profile/counters.js";
import { parsePrometheus } from "../../src/servers/profile/prometheus.js";
import { VLLM_COUNTERS } from "../../src/servers/vllm.js";
import { recorded } from "../support/recorded.js";
import { type ScriptedServer, serveScript } from "./scripted-server.js";

const { replay, body } = recorded("vllm");
const ANSWERS: Readonly<Record<string, string>> = {
  "/v1/models": "models",
  "/version": "version",
  "/server_info": "server_info",
  "/metrics": "metrics after",
  "/tokenize": "tokenize",
  "/v1/completions": "completion stream",
};

let scripted: ScriptedServer | null = null;
afterEach(async () => {
  await scripted?.close();
  scripted = null;
});

/** The recorded server, which answers chats with the exchange named. */
async function met(chat: string) {
  scripted = await serveScript(({ method, path }) => {
    if (path === "/v1/chat/completions") return replay(chat);
    if (path === "/reset_prefix_cache") return replay(method === "POST" ? "reset" : "error: not found");
    return replay(ANSWERS[path] ?? "error: not found");
  });
  return connect(scripted.url);
}
const asked = async (chat: string) => (await met(chat)).chat({ messages: [{ role: "user", content: "Hi" }] });

describe("the recorded vLLM", () => {
  it("is met with its version, its limit, its tokenizer and its reset", async () => {
    const server = await met("chat stream cold");
    expect(server).toMatchObject({
      model: "tiny-llama",
      contextLimit: { tokens: 8_192, source: "max_model_len of /models" },
      tokens: { name: "server /tokenize", exact: true },
    });
    expect(await server.tokens.count("hello world, hello")).toBe(8);
    expect(await softwareOf(server)).toBe("vLLM 0.32.0");
    expect(await server.resetCache()).toMatchObject({ done: true });
    server.close();
  });

  // Its blocks have 128 tokens on a CPU: of 810 tokens six whole ones are found again.
  it.each([
    ["chat stream cold", 0],
    ["chat stream repeat (hit)", 768],
    ["chat stream other salt", 0],
    ["chat stream after reset", 0],
  ])("%s: %i of 810 prompt tokens came from the cache", async (name, cached_tokens) => {
    expect(await asked(name)).toMatchObject({
      outcome: "ok",
      status: 200,
      text: " be be be be be be be be",
      prompt_tokens: 810,
      output_tokens: 8,
      cached_tokens,
      cached_tokens_source: "usage.prompt_tokens_details.cached_tokens",
      finish_reason: "length",
    });
  });

  it("does not take its first frame, whose content is empty, for a token", async () => {
    const completion = await asked("chat stream cold");
    expect(completion.ttft_seconds).toBeGreaterThan(completion.first_event_seconds!);
  });

  it("answers a bare prompt", async () => {
    const completion = await (await met("")).complete({ prompt: "Hi" });
    expect(completion).toMatchObject({
      outcome: "ok",
      prompt_tokens: 793,
      output_tokens: 4,
      cached_tokens: 0,
    });
  });

  it("says of a request what its counters said before and after it", () => {
    const [before, after] = ["metrics between", "metrics after"].map((name) => parsePrometheus(body(name)));
    const read = report(VLLM_COUNTERS, before!, after!, 810);
    expect(read).toMatchObject({ cached_tokens: 768, source: "vllm:prompt_tokens_by_source_total" });
    expect(read.server_queue_seconds).toBeLessThan(0.001);
    // The client saw the first token of this request after 0.26 to 0.37 s.
    expect(read.server_prefill_seconds).toBeGreaterThan(0.2);
    expect(read.server_prefill_seconds).toBeLessThan(0.37);
  });

  it.each([
    [
      "error: context too long",
      "HTTP 400: This model's maximum context length is 8192 tokens. However, your prompt contains at least 8193 input " +
        "tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt. " +
        "(parameter=input_tokens, value=8193).",
    ],
    ["error: unknown model", "HTTP 404: The model `nope` does not exist. Valid aliases: tiny-llama."],
    ["error: bad json type", "HTTP 400: 'int' object is not iterable."],
  ])("%s is told in its own words", async (name, error) => {
    expect(await asked(name)).toMatchObject({ outcome: "error", error });
  });
});

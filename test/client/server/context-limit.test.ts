import { describe, expect, it } from "vitest";
import { contextRefusal } from "../../../src/client/server/context-limit.js";

const openai = (message: string, more: object = {}) => JSON.stringify({ error: { message, ...more } });

describe("a refusal of too long a prompt", () => {
  // As the servers' sources and reports of their users have them.
  it.each<readonly [string, number, string, number | null, number | null]>([
    [
      "vLLM 0.10",
      400,
      JSON.stringify({
        object: "error",
        message:
          "This model's maximum context length is 8192 tokens. However, you requested 9130 tokens (9002 in the messages, 128 in the completion). Please reduce the length of the messages or completion.",
      }),
      8192,
      9002,
    ],
    [
      "vLLM 0.11",
      400,
      openai(
        "'max_tokens' or 'max_completion_tokens' is too large: 128. This model's maximum context length is 8192 tokens and your request has 9002 input tokens (128 > 8192 - 9002). (parameter=max_tokens, value=128)",
      ),
      8192,
      9002,
    ],
    [
      "vLLM, prompts alone too long",
      400,
      openai(
        "This model's maximum context length is 8192 tokens. However, your request has 9002 input tokens. Please reduce the length of the input messages.",
      ),
      8192,
      9002,
    ],
    [
      "vLLM 0.16",
      400,
      openai(
        "You passed 9002 input tokens and requested 128 output tokens. However, the model's context length is only 8192 tokens, resulting in a maximum input length of 8064 tokens. Please reduce the length of the input prompt. (parameter=input_tokens, value=9002)",
      ),
      8192,
      9002,
    ],
    [
      "vLLM's engine",
      400,
      openai(
        "The decoder prompt (length 9002) is longer than the maximum model length of 8192. Make sure that `max_model_len` is no smaller than the number of text tokens.",
      ),
      8192,
      9002,
    ],
    [
      "llama.cpp, with fields",
      400,
      openai("the request exceeds the available context size, try increasing it", {
        code: 400,
        type: "exceed_context_size_error",
        n_prompt_tokens: 9002,
        n_ctx: 8192,
      }),
      8192,
      9002,
    ],
    [
      "llama.cpp, in words",
      400,
      openai("request (9002 tokens) exceeds the available context size (8192 tokens), try increasing it", {
        code: 400,
      }),
      8192,
      9002,
    ],
    [
      "llama-cpp-python",
      400,
      openai(
        "This model's maximum context length is 2048 tokens, however you requested 2500 tokens (2372 in the messages, 128 in the completion). Please reduce the length of the messages or completion.",
        { code: "context_length_exceeded" },
      ),
      2048,
      2372,
    ],
    [
      "llama-cpp-python's model",
      500,
      openai("Requested tokens (2500) exceed context window of 2048"),
      2048,
      2500,
    ],
    [
      "OpenAI",
      400,
      openai(
        "This model's maximum context length is 16385 tokens. However, your messages resulted in 20007 tokens. Please reduce the length of the messages.",
        { code: "context_length_exceeded" },
      ),
      16385,
      20007,
    ],
    [
      "OpenAI, newer",
      400,
      openai(
        "Input tokens exceed the configured limit of 272,000 tokens. Your messages resulted in 300,112 tokens.",
        {
          code: "context_length_exceeded",
        },
      ),
      272_000,
      300_112,
    ],
    [
      "SGLang",
      400,
      openai("The input (9002 tokens) is longer than the model's context length (8192 tokens)."),
      8192,
      9002,
    ],
    [
      "TGI",
      422,
      JSON.stringify({
        error:
          "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 20 `max_new_tokens`",
      }),
      4096,
      5000,
    ],
    [
      "Mistral",
      400,
      openai("Prompt contains 40960 tokens, too large for model with 32768 maximum context length"),
      32768,
      40960,
    ],
    ["Anthropic", 400, openai("prompt is too long: 208310 tokens > 200000 maximum"), 200_000, 208_310],
    [
      "Gemini",
      400,
      openai("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
      1_048_576,
      1_200_000,
    ],
    [
      "Groq",
      400,
      openai("Please reduce the length of the messages or completion.", { code: "context_length_exceeded" }),
      null,
      null,
    ],
    ["a gateway", 413, "<html><h1>413 Request Entity Too Large</h1></html>", null, null],
    ["OpenAI, in short", 400, openai("This model's maximum context length is 128,000 tokens"), 128_000, null],
    ["llama.cpp's older words", 400, openai("the prompt is too long: n_ctx = 512"), 512, null],
    [
      "llama.cpp, without its limit",
      400,
      openai("the request exceeds the available context size. try increasing the context size", {
        code: 400,
      }),
      null,
      null,
    ],
    ["a code alone", 400, openai("context length exceeded", { code: 400 }), null, null],
    ["a gateway's limit", 400, openai("Prompt exceeds the context limit of 4,096 tokens"), 4096, null],
    [
      "LM Studio",
      400,
      openai(
        "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.",
      ),
      4096,
      null,
    ],
    [
      "LiteLLM",
      400,
      openai(
        "litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - This model's maximum context length is 8192 tokens. However, you requested 9130 tokens (9002 in the messages, 128 in the completion).",
      ),
      8192,
      9002,
    ],
  ])("is read in the words of %s", (_server, status, body, limitTokens, promptTokens) => {
    expect(contextRefusal(status, body)).toEqual({ limitTokens, promptTokens });
  });

  it.each([
    [400, openai("The model `gpt-5` does not exist")],
    [400, openai("Unsupported parameter: 'max_tokens' is not supported with this model.")],
    [400, openai("max_tokens is too large: 100000. This model supports at most 16384 completion tokens.")],
    [
      429,
      openai("Rate limit reached: Limit 30000, Requested 40000. Please reduce the length of your messages."),
    ],
    [500, "out of memory"],
    [401, openai("Incorrect API key provided")],
  ])("is nothing else: %i %s", (status, body) => {
    expect(contextRefusal(status, body)).toBeNull();
  });
});

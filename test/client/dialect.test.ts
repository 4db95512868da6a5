import { describe, expect, it } from "vitest";
import { refusedField } from "../../src/client/dialect.js";

const SENT = {
  model: "m",
  messages: [],
  stream: true,
  temperature: 0,
  max_tokens: 8,
  stream_options: { include_usage: true },
  cache_salt: "a",
  seed: 1,
  stop: ["\n"],
  cache: {},
};
const refused = (body: unknown, asked: readonly string[] = []) =>
  refusedField(typeof body === "string" ? body : JSON.stringify(body), SENT, new Set(asked));
const openai = (message: string, param: string | null = null, code = "unsupported_parameter") => ({
  error: { message, type: "invalid_request_error", param, code },
});

describe("a refusal names", () => {
  it.each([
    // OpenAI's gpt-5 family and o-series.
    [
      "max_tokens",
      openai(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "max_tokens",
      ),
    ],
    [
      "temperature",
      openai(
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
        "temperature",
        "unsupported_value",
      ),
    ],
    ["seed", openai("Unknown parameter: 'seed'.", "seed", "unknown_parameter")],
    ["cache_salt", openai("Unrecognized request argument supplied: cache_salt")],
    [
      "stream_options",
      openai(
        "Unknown parameter: 'stream_options.include_usage'.",
        "stream_options.include_usage",
        "unknown_parameter",
      ),
    ],
    // Azure's older routes.
    ["max_tokens", openai("this model is not supported MaxTokens, please use MaxCompletionTokens")],
    ["seed", openai("Argument not supported on this model: seed")],
    [
      "temperature",
      { message: "The model returned the following errors: temperature: Extra inputs are not permitted" },
    ],
    ["cache_salt", openai("property 'cache_salt' does not exist on ChatCompletionRequest")],
    ["cache_salt", openai("Invalid parameter: cache_salt")],
    ["seed", openai("seed parameter is not accepted by this endpoint")],
    ["seed", openai("参数 seed 不支持")],
    // LiteLLM, which wraps what it was told.
    [
      "temperature",
      {
        error: {
          message:
            "litellm.UnsupportedParamsError: gpt-5 models (including gpt-5-codex) don't support temperature=0.0. Only temperature=1 is supported.",
          type: "None",
          param: "None",
          code: "400",
        },
      },
    ],
    [
      "max_tokens",
      {
        error: {
          message:
            "litellm.BadRequestError: OpenAIException - Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
          param: null,
          code: "400",
        },
      },
    ],
    [
      "seed",
      {
        error: {
          message:
            "litellm.UnsupportedParamsError: bedrock does not support parameters: ['seed'], for model=x. To drop these, set `litellm.drop_params=True`",
        },
      },
    ],
    // FastAPI, Mistral and vLLM.
    [
      "cache_salt",
      {
        detail: [
          {
            type: "extra_forbidden",
            loc: ["body", "cache_salt"],
            msg: "Extra inputs are not permitted",
            input: "a",
          },
        ],
      },
    ],
    [
      "stream_options",
      {
        object: "error",
        message: {
          detail: [
            {
              type: "extra_forbidden",
              loc: ["body", "stream_options"],
              msg: "Extra inputs are not permitted",
            },
          ],
        },
        type: "invalid_request_error",
      },
    ],
    [
      "cache_salt",
      {
        object: "error",
        message:
          "[{'type': 'extra_forbidden', 'loc': ('body', 'cache_salt'), 'msg': 'Extra inputs are not permitted', 'input': 'a'}]",
        type: "BadRequestError",
        param: null,
        code: 400,
      },
    ],
    [
      "cache_salt",
      { message: "Parameter cache_salt is not supported with this instance of vLLM, which uses engine V0." },
    ],
    // Groq, TGI, Anthropic, Gemini, OpenRouter's inner error, and plain text.
    [
      "cache_salt",
      {
        error: {
          message: "property 'cache_salt' is unsupported, did you mean 'seed'?",
          type: "invalid_request_error",
        },
      },
    ],
    [
      "cache_salt",
      "Failed to deserialize the JSON body into the target type: unknown field `cache_salt`, expected one of `model`, `seed`, `stop`",
    ],
    ["temperature", { error: "`temperature` must be strictly positive", error_type: "validation" }],
    [
      "cache_salt",
      {
        type: "error",
        error: { type: "invalid_request_error", message: "cache_salt: Extra inputs are not permitted" },
      },
    ],
    [
      "stop",
      {
        error: {
          message: "Provider returned error",
          code: 400,
          metadata: { raw: '{"error":{"message":"Unsupported parameter: stop","param":"stop"}}' },
        },
      },
    ],
    [
      "seed",
      {
        error: {
          code: 400,
          message: 'Invalid JSON payload received. Unknown name "seed": Cannot find field.',
        },
      },
    ],
    ["stop", "stop is not supported by this model"],
    ["max_tokens", { error: "Please use max_completion_tokens instead of max_tokens." }],
  ])("%s in %j", (field, body) => expect(refused(body)).toBe(field));

  it.each([
    [
      openai(
        "This model's maximum context length is 8192 tokens. However, you requested 8200 tokens (8192 in the messages, 8 in the completion).",
        "messages",
        "context_length_exceeded",
      ),
    ],
    [
      {
        message:
          "'max_tokens' or 'max_completion_tokens' is too large: 8. This model's maximum context length is 4 tokens",
        param: "max_tokens",
      },
    ],
    [
      openai(
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens",
        "max_tokens",
        "invalid_value",
      ),
    ],
    [openai("Invalid value for 'stop': at most 4 strings.", "stop", "invalid_value")],
    [openai("Unsupported parameter: 'model'.", "model")],
    [openai("Unknown parameter: 'cache'.", "cache")],
    [{ error: { message: "unknown parameter foo; supported parameters: temperature, seed" } }],
    [{ error: { message: "the seed of the trouble lies elsewhere" } }],
    [{ error: { message: "Expected 'messages' to be an array." } }],
    [{}],
    [""],
    ["<html>bad request</html>"],
  ])("no optional field in %j", (body) => expect(refused(body)).toBeNull());

  it("no field that a caller asked for by name", () => {
    expect(refused(openai("Unknown parameter: 'seed'.", "seed"), ["seed"])).toBeNull();
  });
});

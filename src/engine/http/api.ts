import { z } from "zod";
import type { Engine } from "../methods/engine.js";
import { type AnswerFormat, chatFormat, completionFormat } from "./answer-format.js";
import { ApiError } from "./api-error.js";
import { complete } from "./completion.js";
import {
  type CompletionRequest,
  chatPrompt,
  messagesField,
  parseChat,
  parseCompletion,
  templateFields,
} from "./completion-request.js";
import type { Exchange, Routes } from "./http.js";
import type { Limits } from "./limits.js";
import { parseBody } from "./parse-body.js";
import { Queue } from "./queue.js";
import { ServerMetrics } from "./server-metrics.js";
import { requireIds } from "./token-ids.js";
import { LogprobsFormat } from "./told-logprobs.js";

const tokenizeBody = z.object({
  ...templateFields,
  model: z.string().nullish(),
  prompt: z.string().optional(),
  messages: messagesField.optional(),
  add_special_tokens: z.boolean().nullish(),
  return_token_strs: z.boolean().nullish(),
});

const detokenizeBody = z.object({ model: z.string().nullish(), tokens: z.array(z.number()) });

/** The OpenAI-compatible API of one engine, with vLLM's additions. */
export function apiRoutes(engine: Engine): Routes {
  const { model, tokenizer } = engine;
  const limits: Limits = {
    model: model.name,
    maxTokens: model.maxTokens,
    layers: model.shape.layers,
    capacityBlocks: engine.store.capacityBlocks,
    tokenizer,
  };
  const created = Math.floor(Date.now() / 1000);
  const queue = new Queue();
  const metrics = new ServerMetrics();
  const logprobs = new LogprobsFormat(tokenizer);
  const answer = (exchange: Exchange, request: CompletionRequest, format: AnswerFormat) =>
    complete(engine, queue, metrics, exchange, request, format);

  return {
    "GET /health": () => "",
    "GET /metrics": () => metrics.text(model.name),
    "GET /v1/models": () => ({
      object: "list",
      data: [
        {
          id: model.name,
          object: "model",
          created,
          owned_by: "firsttoken",
          root: model.name,
          parent: null,
          max_model_len: model.maxTokens,
        },
      ],
    }),
    "POST /v1/chat/completions": async (exchange) =>
      answer(exchange, parseChat(await exchange.json(), limits), chatFormat(model.name, logprobs)),
    "POST /v1/completions": async (exchange) =>
      answer(
        exchange,
        parseCompletion(await exchange.json(), limits),
        completionFormat(model.name, logprobs),
      ),
    "POST /tokenize": async (exchange) => {
      const body = parseBody(tokenizeBody, await exchange.json(), model.name);
      const ids = [...idsOf(body, engine)];
      return {
        count: ids.length,
        max_model_len: model.maxTokens,
        tokens: ids,
        token_strs: body.return_token_strs === true ? ids.map((id) => tokenizer.word(id)) : null,
      };
    },
    "POST /detokenize": async (exchange) => {
      const { tokens } = parseBody(detokenizeBody, await exchange.json(), model.name);
      requireIds("tokens", tokens, tokenizer);
      return { prompt: tokenizer.decode(tokens) };
    },
    // It waits its turn, because a running request would store its blocks after an earlier reset.
    "POST /reset_prefix_cache": ({ query }) =>
      queue.run(() => {
        engine.clearPrefixes();
        if (query.get("reset_external") === "true") engine.clearChunks();
        return { success: true };
      }),
  };
}

/** As in vLLM, a text gets `<bos>` unless told otherwise, and messages get the chat template. */
function idsOf(body: z.infer<typeof tokenizeBody>, { tokenizer }: Engine): Int32Array {
  const { messages } = body;
  if (messages !== undefined) return chatPrompt({ ...body, messages }, tokenizer);
  if (body.prompt === undefined)
    throw new ApiError(400, "prompt: must be a text, unless messages are given.");
  return body.add_special_tokens === false ? tokenizer.encode(body.prompt) : tokenizer.prompt(body.prompt);
}

import { randomUUID } from "node:crypto";
import type { Generation } from "../methods/engine.js";
import type { TokenLogprobs } from "./logprobs.js";
import type { LogprobsFormat, Told } from "./told-logprobs.js";

/** The durations of one request, which the server reports besides OpenAI's usage. */
export interface Timings {
  /** From arrival to the start: reading the request and waiting for earlier ones. */
  readonly queue_ms: number;
  /** Computing and storing chunks that were missing. */
  readonly collect_ms: number;
  /** Copying stored keys and values into place; part of `prefill_ms`. */
  readonly load_ms: number;
  /** From the end of waiting and collecting to the first token. */
  readonly prefill_ms: number;
}

/** An ended answer with its counts. */
export interface Ended {
  readonly generation: Generation;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly timings: Timings;
  /** One for every prompt token, null for those not computed; null if not requested. */
  readonly promptLogprobs: readonly (TokenLogprobs | null)[] | null;
}

/** How one of the two completion routes writes its answers. */
export interface AnswerFormat {
  /** The events of a stream, as objects: before the first token, at each token, after the last. */
  opening(): readonly object[];
  token(told: Told): object;
  closing(finish: Generation["finish"]): object;
  usage(ended: Ended): object;
  /** The whole answer of a request that does not stream. */
  whole(told: Told, ended: Ended): object;
}

/** `/v1/chat/completions`; as with vLLM the role comes in a delta of its own, together with the first token. */
export function chatFormat(model: string, logprobs: LogprobsFormat): AnswerFormat {
  const id = `chatcmpl-${randomUUID()}`;
  const created = Math.floor(Date.now() / 1000);
  const chunk = { id, object: "chat.completion.chunk", created, model };
  const delta = (content: object, finish: Generation["finish"] | null, tokens: Told["tokens"] = null) => ({
    ...chunk,
    choices: [{ index: 0, delta: content, logprobs: tokens && logprobs.chat(tokens), finish_reason: finish }],
  });
  return {
    opening: () => [delta({ role: "assistant", content: "" }, null)],
    token: ({ text, tokens }) => delta({ content: text }, null, tokens),
    closing: (finish) => delta({ content: "" }, finish),
    usage: (ended) => ({ ...chunk, choices: [], ...usageOf(ended) }),
    whole: ({ text, tokens }, ended) => ({
      id,
      object: "chat.completion",
      created,
      model,
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: text },
          logprobs: tokens && logprobs.chat(tokens),
          finish_reason: ended.generation.finish,
        },
      ],
      ...(ended.promptLogprobs && { prompt_logprobs: logprobs.prompt(ended.promptLogprobs) }),
      ...usageOf(ended),
    }),
  };
}

/** `/v1/completions`. */
export function completionFormat(model: string, logprobs: LogprobsFormat): AnswerFormat {
  const head = {
    id: `cmpl-${randomUUID()}`,
    object: "text_completion",
    created: Math.floor(Date.now() / 1000),
    model,
  };
  const choice = ({ text, tokens }: Told, finish: Generation["finish"] | null) => {
    const told = tokens && logprobs.completion(tokens);
    return { index: 0, text, logprobs: told, finish_reason: finish };
  };
  const piece = (told: Told, finish: Generation["finish"] | null) => ({
    ...head,
    choices: [choice(told, finish)],
  });
  return {
    opening: () => [],
    token: (told) => piece(told, null),
    closing: (finish) => piece({ text: "", tokens: null }, finish),
    usage: (ended) => ({ ...head, choices: [], ...usageOf(ended) }),
    whole: (told, ended) => ({
      ...head,
      choices: [
        {
          ...choice(told, ended.generation.finish),
          ...(ended.promptLogprobs && { prompt_logprobs: logprobs.prompt(ended.promptLogprobs) }),
        },
      ],
      ...usageOf(ended),
    }),
  };
}

function usageOf({ generation, promptTokens, completionTokens, timings }: Ended) {
  return {
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      prompt_tokens_details: {
        cached_tokens: generation.cachedTokens,
        collected_tokens: generation.collectedTokens,
        recomputed_tokens: generation.recomputed.tokens,
        recomputed_ratio: generation.recomputed.ratio,
      },
    },
    timings,
  };
}

import type { Engine, GenerationRequest } from "../methods/engine.js";
import type { AnswerFormat, Ended, Told } from "./answer-format.js";
import type { CompletionRequest } from "./completion-request.js";
import { CompletionText } from "./completion-text.js";
import type { Exchange } from "./http.js";
import { logprobsOf, type TokenLogprobs } from "./logprobs.js";
import type { Queue } from "./queue.js";
import type { ServerMetrics } from "./server-metrics.js";
import { inSlices } from "./slices.js";
import type { ToldToken } from "./told-logprobs.js";

/**
 * Answers a completion request when its turn has come, as a stream, one write an event, or as one object, which it
 * returns.
 */
export async function complete(
  engine: Engine,
  queue: Queue,
  metrics: ServerMetrics,
  { response, signal, arrivedMs }: Exchange,
  request: CompletionRequest,
  format: AnswerFormat,
): Promise<object | undefined> {
  const sendEvent = (event: object) => response.write(`data: ${JSON.stringify(event)}\n\n`);
  if (request.stream) {
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
    });
    response.flushHeaders();
  }
  const text = new CompletionText(engine.tokenizer.speller(), request.stop);
  const tokens: ToldToken[] | null = request.logprobs === null ? null : [];
  let completionTokens = 0;
  const open = () => {
    if (request.stream) format.opening().forEach(sendEvent);
  };
  const tell = (told: Told) => {
    if (request.stream && (told.text !== "" || told.tokens !== null)) sendEvent(format.token(told));
  };
  let logits: Float32Array | null = null;
  const onToken = (id: number) => {
    if (completionTokens === 0) {
      metrics.ttftSeconds.observe((performance.now() - arrivedMs) / 1000);
      open();
    }
    completionTokens += 1;
    const textOffset = text.text.length;
    const more = text.add(id);
    if (tokens === null || logits === null) return tell({ text: more, tokens: null });
    const token = { textOffset, logprobs: logprobsOf(logits, id, request.logprobs ?? 0) };
    tokens.push(token);
    tell({ text: more, tokens: [token] });
  };
  const prompt = promptLogprobs(request);
  const generation: GenerationRequest = {
    ...request,
    isDone: () => text.stoppedBy !== null,
    ...(tokens !== null && {
      onLogits: (now: Float32Array) => {
        logits = now;
      },
    }),
    ...(prompt !== null && { onPromptLogits: prompt.onLogits }),
  };
  const ended = await queue.run(async (): Promise<Ended> => {
    signal.throwIfAborted();
    const queueMs = performance.now() - arrivedMs;
    const generated = await inSlices(engine.generate(generation), onToken, signal);
    metrics.count(request, generated, queueMs, completionTokens);
    return {
      generation: generated,
      promptLogprobs: prompt?.tokens ?? null,
      promptTokens: request.prompt.length,
      completionTokens,
      timings: {
        queue_ms: queueMs,
        collect_ms: generated.collectMs,
        load_ms: generated.loadMs,
        prefill_ms: generated.prefillMs,
      },
    };
  });
  if (completionTokens === 0) open();
  tell({ text: text.end(), tokens: null });
  if (!request.stream) return format.whole({ text: text.text, tokens }, ended);
  sendEvent(format.closing(ended.generation.finish));
  if (request.includeUsage) sendEvent(format.usage(ended));
  response.end("data: [DONE]\n\n");
  return undefined;
}

/** Where the log-probabilities of a prompt's tokens are put, if they are asked for: each is told by the place before. */
function promptLogprobs({ prompt, promptLogprobs: count }: CompletionRequest) {
  if (count === null) return null;
  const tokens = Array.from(prompt, (): TokenLogprobs | null => null);
  return {
    tokens,
    onLogits: (position: number, logits: Float32Array) => {
      const next = prompt[position + 1];
      // A model of words never generates its spare ids, and has no logits for them.
      if (next !== undefined && next < logits.length) tokens[position + 1] = logprobsOf(logits, next, count);
    },
  };
}

import type { Engine, GenerationRequest } from "../methods/engine.js";
import type { AnswerFormat, Ended } from "./answer-format.js";
import type { CompletionRequest } from "./completion-request.js";
import { CompletionText } from "./completion-text.js";
import { withEcho } from "./echo.js";
import type { Exchange } from "./http.js";
import { logprobsOf } from "./logprobs.js";
import { likeliestOf, promptLogprobs } from "./prompt-logprobs.js";
import type { Queue } from "./queue.js";
import type { ServerMetrics } from "./server-metrics.js";
import { inSlices } from "./slices.js";
import type { Told, ToldToken } from "./told-logprobs.js";

/**
 * Answers a completion request when its turn has come: as a stream, one write per event, or as one object, which it returns.
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
  const text = new CompletionText(engine.tokenizer.speller(), request.stop, request.minTokens);
  const tokens: ToldToken[] | null = request.logprobs === null ? null : [];
  let completionTokens = 0;
  const open = () => {
    if (!request.stream) return;
    format.opening().forEach(sendEvent);
    if (request.echo !== null) sendEvent(format.token({ text: request.echo, tokens: null }));
  };
  const tell = (told: Told) => {
    if (request.stream && (told.text !== "" || told.tokens !== null)) sendEvent(format.token(told));
  };
  let logits: Float32Array | null = null;
  const onToken = (id: number) => {
    if (request.onlyEchoes) return;
    if (completionTokens === 0) {
      metrics.ttftSeconds.observe((performance.now() - arrivedMs) / 1000);
      open();
    }
    completionTokens += 1;
    const textOffset = text.text.length;
    const more = text.add(id);
    if (tokens === null || logits === null) return tell({ text: more, tokens: null });
    const token = { id, textOffset, logprobs: logprobsOf(logits, id, request.logprobs ?? 0) };
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
    ...(prompt !== null && { promptLogits: prompt }),
  };
  const ended = await queue.run(async (): Promise<Ended> => {
    signal.throwIfAborted();
    const queueMs = performance.now() - arrivedMs;
    const generated = await inSlices(engine.generate(generation), onToken, signal);
    metrics.count(request, generated, queueMs, completionTokens);
    return {
      generation: request.onlyEchoes ? { ...generated, finish: "length" } : generated,
      promptLogprobs: likeliestOf(prompt?.tokens ?? null, request.promptLogprobs),
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
  if (!request.stream) {
    const logprobs = likeliestOf(prompt?.tokens ?? null, request.logprobs);
    return format.whole(withEcho({ text: text.text, tokens }, request, logprobs, engine.tokenizer), ended);
  }
  sendEvent(format.closing(ended.generation.finish));
  if (request.includeUsage) sendEvent(format.usage(ended));
  response.end("data: [DONE]\n\n");
  return undefined;
}

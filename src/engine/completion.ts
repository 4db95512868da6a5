import type { AnswerFormat, Ended } from "./answer-format.js";
import type { CompletionRequest } from "./completion-request.js";
import { CompletionText } from "./completion-text.js";
import type { Engine } from "./engine.js";
import type { Exchange } from "./http.js";
import type { Queue } from "./queue.js";
import type { ServerMetrics } from "./server-metrics.js";
import { inSlices } from "./slices.js";

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
  let completionTokens = 0;
  const open = () => {
    if (request.stream) format.opening().forEach(sendEvent);
  };
  const tell = (told: string) => {
    if (request.stream && told !== "") sendEvent(format.token(told));
  };
  const onToken = (id: number) => {
    if (completionTokens === 0) {
      metrics.ttftSeconds.observe((performance.now() - arrivedMs) / 1000);
      open();
    }
    completionTokens += 1;
    tell(text.add(id));
  };
  const work = () => engine.generate({ ...request, isDone: () => text.stoppedBy !== null });
  const ended = await queue.run(async (): Promise<Ended> => {
    signal.throwIfAborted();
    const queueMs = performance.now() - arrivedMs;
    const generation = await inSlices(work(), onToken, signal);
    metrics.count(request, generation, queueMs, completionTokens);
    return {
      generation,
      promptTokens: request.prompt.length,
      completionTokens,
      timings: {
        queue_ms: queueMs,
        collect_ms: generation.collectMs,
        load_ms: generation.loadMs,
        prefill_ms: generation.prefillMs,
      },
    };
  });
  if (completionTokens === 0) open();
  tell(text.end());
  if (!request.stream) return format.whole(text.text, ended);
  sendEvent(format.closing(ended.generation.finish));
  if (request.includeUsage) sendEvent(format.usage(ended));
  response.end("data: [DONE]\n\n");
  return undefined;
}

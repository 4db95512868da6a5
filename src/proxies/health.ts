import { ServerError } from "../domain/errors/errors.js";
import { toldLine } from "../domain/plain-text.js";
import type { Redact } from "../domain/secrets/redactor.js";
import { pause } from "../domain/waiting.js";

const POLL_SECONDS = 0.25;
const ANSWER_MILLISECONDS = 10_000;

/**
 * Waits until a proxy answers `GET /health` with a status below 500, as LiteLLM's script does: a refusal because of a missing
 * key is an answer too, and so is the 404 of a proxy without such a page.
 *
 * @param origin such as `http://127.0.0.1:4000`
 * @throws ServerError if none came in time; the signal's reason if it aborts.
 */
export async function waitUntilHealthy(
  origin: string,
  timeoutSeconds: number,
  signal: AbortSignal,
  redact: Redact,
): Promise<void> {
  const url = `${origin}/health`;
  const deadline = performance.now() + timeoutSeconds * 1_000;
  let last = "it was not asked";
  for (;;) {
    const left = deadline - performance.now();
    if (left <= 0) break;
    const timeout = AbortSignal.timeout(Math.ceil(Math.min(left, ANSWER_MILLISECONDS)));
    try {
      const answer = await fetch(url, { signal: AbortSignal.any([signal, timeout]) });
      if (answer.status < 500) {
        await answer.body?.cancel();
        return;
      }
      last = `HTTP ${answer.status}: ${toldLine(redact(await beginningOf(answer))).slice(0, 200)}`;
    } catch (error) {
      signal.throwIfAborted();
      last = timeout.aborted ? "it accepted the connection but sent no answer" : redact(reasonOf(error));
    }
    await pause(POLL_SECONDS, signal);
  }
  throw new ServerError(`The proxy was not ready at ${url} within ${timeoutSeconds} s: ${last}.`, { url });
}

/** More than is shown of an answer, which may be endless. */
const READ_CHARACTERS = 10_000;

async function beginningOf({ body }: Response): Promise<string> {
  let text = "";
  for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (text.length > READ_CHARACTERS) break;
  }
  return text;
}

/** `fetch` says "fetch failed" and hides why in the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
}

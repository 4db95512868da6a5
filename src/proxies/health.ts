import { ServerError } from "../domain/errors/errors.js";
import { toldLine } from "../domain/plain-text.js";
import type { Redact } from "../domain/secrets/redactor.js";
import { pause } from "../domain/waiting.js";

const POLL_SECONDS = 0.25;
const ANSWER_MILLISECONDS = 10_000;

/**
 * LiteLLM's pages that need no key and ask no provider, then the one that its script asks, which today answers 500 where a provider
 * or a database is missing.
 *
 * Source: LiteLLM 1.110.2 `proxy/health_endpoints/_health_endpoints.py`; `scripts/benchmark_chat_completions_perf.py`.
 */
const PAGES = ["/health/readiness", "/health/liveliness", "/health"];

/**
 * Waits until a proxy answers one of its health pages with a status below 500: a refusal because of a missing key is an answer too, and
 * so is a 404 of all of them.
 *
 * @param origin such as `http://127.0.0.1:4000`
 * @throws ServerError when none came in time; the signal's reason when it aborts.
 */
export async function waitUntilHealthy(
  origin: string,
  timeoutSeconds: number,
  signal: AbortSignal,
  redact: Redact,
): Promise<void> {
  const deadline = performance.now() + timeoutSeconds * 1_000;
  const left = (): number => deadline - performance.now();
  let last = { url: `${origin}/health`, said: "it was not asked" };
  while (left() > 0) {
    let isThere = true;
    for (const page of PAGES) {
      if (left() <= 0) break;
      const url = origin + page;
      const answer = await ask(url, Math.min(left(), ANSWER_MILLISECONDS), signal, redact);
      if (answer.status !== null && answer.status < 500 && answer.status !== 404) return;
      if (answer.status === 404) continue;
      isThere = false;
      last = { url, said: answer.said };
      // Who does not answer one page answers none.
      if (answer.status === null) break;
    }
    if (isThere && left() > 0) return;
    await pause(POLL_SECONDS, signal);
  }
  throw new ServerError(`The proxy was not ready at ${last.url} within ${timeoutSeconds} s: ${last.said}.`, {
    url: last.url,
  });
}

async function ask(
  url: string,
  milliseconds: number,
  signal: AbortSignal,
  redact: Redact,
): Promise<{ readonly status: number | null; readonly said: string }> {
  const timeout = AbortSignal.timeout(Math.ceil(milliseconds));
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, timeout]) });
    if (answer.status < 500) {
      await answer.body?.cancel();
      return { status: answer.status, said: "" };
    }
    const text = toldLine(redact(await beginningOf(answer))).slice(0, 200);
    return { status: answer.status, said: `HTTP ${answer.status}: ${text}` };
  } catch (error) {
    signal.throwIfAborted();
    const said = timeout.aborted ? "it accepted the connection but sent no answer" : redact(reasonOf(error));
    return { status: null, said };
  }
}

/** More than is shown of an answer, which may have no end. */
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

import type { TokenCounter } from "../tokens/token-counter.js";
import type { Server } from "./server.js";

/**
 * The same server for one run: whatever it is asked ends with the run's signal too, and rejects with its reason. A request
 * that is under way then is left to the limits of its connection.
 */
export function hearing(server: Server, signal: AbortSignal | undefined): Server {
  if (signal === undefined) return server;
  const heard = <T>(ask: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const abort = (): void => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      ask()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", abort));
    });
  const { tokens } = server;
  const counter = {
    correct: (shorter, longer) => heard(() => tokens.correct(shorter, longer)),
    count: (text) => heard(() => tokens.count(text)),
    encode: (text) => heard(() => tokens.encode(text)),
    truncate: (text, most) => heard(() => tokens.truncate(text, most)),
  } satisfies Partial<TokenCounter>;
  const own = {
    // What they have beside these stays theirs: a counter's name changes among it.
    tokens: Object.setPrototypeOf(counter, tokens) as TokenCounter,
    promptTokens: (prompt) => heard(() => server.promptTokens(prompt)),
    chatTemplate: () => heard(() => server.chatTemplate()),
    recognise: () => heard(() => server.recognise()),
    counters: () => heard(() => server.counters()),
    resetCache: () => heard(() => server.resetCache()),
  } satisfies Partial<Server>;
  return Object.setPrototypeOf(own, server) as Server;
}

import { ServerError } from "../domain/errors/errors.js";
import type { Ending } from "../domain/records/words.js";

/**
 * Stops a run when `limit` requests in a row have failed, so that a dead server does not fill a log with a thousand refusals.
 *
 * @throws ServerError (from the returned function) with the last failure's message.
 */
export function stopAfterFailures(url: string, limit = 3): (ending: Ending) => void {
  let failures = 0;
  return (ending) => {
    failures = ending.outcome === "ok" ? 0 : failures + 1;
    if (failures < limit) return;
    throw new ServerError(
      `Stopped after ${limit} failed requests in a row to ${url}; the last one: ${ending.error} ` +
        "What was measured is in the log; fix the server and continue with --resume (resume: true).",
      { url },
    );
  };
}

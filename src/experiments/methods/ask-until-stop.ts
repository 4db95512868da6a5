import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import type { Method } from "../../methods/request/method.js";
import { type MeasuredRequest, type MethodMeasurement, measureMethod } from "./method-request.js";

/** One answer to be asked for; `stop` says where the server may end it, because nothing behind is scored. */
export type StoppableRequest = Omit<MeasuredRequest, "stop"> & { readonly stop: readonly string[] | null };

/**
 * Measures answers that end at a task's stop texts, which saves time and must change no score.
 *
 * A model that begins with a line break, or thinks before it answers, would be stopped before its first word: such an
 * answer, and one whose stop texts the server refuses, is asked for again without, and so are all that follow.
 */
export function askUntilStop(): (
  method: Method,
  prompt: ChunkedPrompt,
  request: StoppableRequest,
) => Promise<MethodMeasurement> {
  let harms = false;
  return async (method, prompt, { stop, ...whole }) => {
    if (stop === null || harms) return measureMethod(method, prompt, whole);
    const stopped = await measureMethod(method, prompt, { ...whole, stop });
    const { text, status, columns } = stopped;
    const isRefused = status === 400 && /\bstop\b/.test(columns.error ?? "");
    if (!isRefused && !(text === "" && columns.finish_reason === "stop")) return stopped;
    const again = await measureMethod(method, prompt, whole);
    // As empty without them: the first answer stands, whose evidence no other request has touched.
    if (!isRefused && again.text === "") return stopped;
    harms = true;
    return again;
  };
}

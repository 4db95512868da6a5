import type { ChunkedPrompt } from "../domain/chunked-prompt.js";
import type { MethodColumns } from "../domain/method.js";
import type { TimedRequest } from "../domain/timed-request.js";
import type { Evidence } from "../domain/ttft-record.js";
import type { Method, MethodRequest } from "../methods/method.js";
import { timedColumns } from "./timed-columns.js";

/** The columns of a record that come from one method meeting one prompt, and what it answered. */
export interface MethodMeasurement {
  readonly columns: TimedRequest &
    MethodColumns & {
      readonly model: string;
      readonly evidence: Evidence;
      readonly evidence_source: string | null;
      readonly token_counter: string;
    };
  readonly text: string;
  readonly finish_reason: string | null;
  readonly status: number | null;
}

/** Prepares a prompt by a method, asks, and gives the columns; the preparation is in no time but its own. */
export async function measureMethod(
  method: Method,
  prompt: ChunkedPrompt,
  request: MethodRequest,
): Promise<MethodMeasurement> {
  const { collect_seconds } = await method.prepare(prompt, request.signal);
  const { completion, columns, evidence, evidence_source } = await method.ask(prompt, request);
  return {
    columns: {
      ...timedColumns(completion),
      ...columns,
      collect_seconds,
      model: method.server.model,
      evidence,
      evidence_source,
      token_counter: method.server.tokens.name,
    },
    text: completion.text,
    finish_reason: completion.finish_reason,
    status: completion.status,
  };
}

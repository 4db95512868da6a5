import type { CacheEvidence } from "../../client/cache-evidence.js";
import type { ContextRefusal } from "../../client/server/context-limit.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import type { MethodColumns, TimedRequest } from "../../domain/records/record-kinds.js";
import type { Method, MethodRequest } from "../../methods/request/method.js";
import { timedColumns } from "../timed-columns.js";

/** The columns of a record that come from one method meeting one prompt, and what it answered. */
export interface MethodMeasurement {
  readonly columns: TimedRequest &
    MethodColumns &
    CacheEvidence & { readonly model: string; readonly token_counter: string };
  readonly text: string;
  readonly status: number | null;
  readonly context_refusal: ContextRefusal | null;
}

/** A request, and what its prompt has to begin with. */
export type MeasuredRequest = MethodRequest & {
  /** Makes a line that no prompt has begun with; for prompts that may have been asked before (`Method.keepsApart`). */
  readonly firstLine?: () => string;
};

/** Prepares a prompt by a method, asks, and gives the columns; the preparation is in no time but its own. */
export async function measureMethod(
  method: Method,
  given: ChunkedPrompt,
  { firstLine, ...request }: MeasuredRequest,
): Promise<MethodMeasurement> {
  const prompt = firstLine === undefined ? given : { ...given, prefix: firstLine() + given.prefix };
  const { collect_seconds } = await method.prepare(prompt, request.signal);
  const { completion, columns, evidence, evidence_source, evidence_reason } = await method.ask(
    prompt,
    request,
  );
  return {
    columns: {
      ...timedColumns(completion),
      ...columns,
      collect_seconds,
      model: method.server.model,
      evidence,
      evidence_source,
      evidence_reason,
      token_counter: method.server.tokens.name,
    },
    text: completion.text,
    status: completion.status,
    context_refusal: completion.context_refusal,
  };
}

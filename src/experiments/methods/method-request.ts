import type { CacheEvidence } from "../../client/cache-evidence.js";
import type { ContextRefusal } from "../../client/server/context-limit.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import { chunkTokens } from "../../domain/records/prompt-ids.js";
import type { MethodColumns, TimedRequest } from "../../domain/records/record-kinds.js";
import type { Tokenised } from "../../domain/records/words.js";
import type { Method, MethodRequest } from "../../methods/request/method.js";
import { timedColumns } from "../timed-columns.js";
import type { WithFirstLine } from "./first-lines.js";
import { type PromptTokens, WHOLE } from "./prompt-tokens.js";

/** The columns of a record that come from one method meeting one prompt, and what it answered. */
export interface MethodMeasurement {
  readonly columns: TimedRequest &
    MethodColumns &
    CacheEvidence & {
      readonly model: string;
      readonly token_counter: string;
      readonly tokenised: Tokenised;
    };
  /** Tokens of the chunks as they were posted; null where the server tokenised them. */
  readonly chunkTokens: number | null;
  readonly text: string;
  readonly status: number | null;
  readonly context_refusal: ContextRefusal | null;
}

/** A request, and what its prompt has to begin with. */
export type MeasuredRequest = MethodRequest & {
  /** Puts a line before it that no prompt has begun with; for prompts that may have been asked before (`Method.keepsApart`). */
  readonly firstLine?: WithFirstLine;
  /** How it becomes tokens; default a text that the server tokenises, but for methods that keep chunks apart. */
  readonly tokens?: PromptTokens;
};

/** Prepares a prompt by a method, asks, and gives the columns; the preparation is in no time but its own. */
export async function measureMethod(
  method: Method,
  given: ChunkedPrompt,
  { firstLine, tokens = WHOLE, ...request }: MeasuredRequest,
): Promise<MethodMeasurement> {
  const prompt = await tokens.of(method, firstLine === undefined ? given : await firstLine(method, given));
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
      tokenised: tokens.tokenised,
    },
    chunkTokens: prompt.ids === undefined ? null : chunkTokens(prompt.ids),
    text: completion.text,
    status: completion.status,
    context_refusal: completion.context_refusal,
  };
}

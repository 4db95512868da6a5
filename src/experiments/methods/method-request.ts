import type { CacheEvidence } from "../../client/cache-evidence.js";
import { timingSeconds } from "../../client/event/server-times.js";
import { timedColumns } from "../../client/request.js";
import type { ContextRefusal } from "../../client/server/facts.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import { NOTHING_TIMED } from "../../domain/records/columns.js";
import { chunkTokens } from "../../domain/records/prompt-ids.js";
import type { MethodColumns, TimedRequest } from "../../domain/records/record-kinds.js";
import type { Evidence, Tokenised } from "../../domain/records/words.js";
import type { Method, MethodRequest } from "../../methods/request/method.js";
import type { WithFirstLine } from "./first-lines.js";
import { type PromptTokens, WHOLE } from "./prompt-tokens.js";

/** The columns of a record that come from asking one prompt by one method, and the answer. */
interface MethodMeasurement {
  readonly columns: TimedRequest &
    MethodColumns &
    CacheEvidence & {
      readonly model: string;
      readonly token_counter: string;
      readonly tokenised: Tokenised;
      readonly server_queue_seconds: number | null;
    };
  /** Tokens of the chunks as sent; null if the server tokenised them. */
  readonly chunkTokens: number | null;
  readonly text: string;
  readonly status: number | null;
  readonly context_refusal: ContextRefusal | null;
}

/** A request, and how its prompt must begin. */
type MeasuredRequest = MethodRequest & {
  /**
   * Puts a new line before it, with which no prompt has begun; for prompts that may have been asked before
   * (`Method.keepsApart`).
   */
  readonly firstLine?: WithFirstLine;
  /** How it becomes tokens; default a text that the server tokenises, but for methods that keep chunks apart. */
  readonly tokens?: PromptTokens;
};

/** Prepares a prompt by a method, asks, and returns the columns; preparation is included in no other time. */
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
      server_queue_seconds: timingSeconds(completion, "queue_ms"),
    },
    chunkTokens: prompt.ids === undefined ? null : chunkTokens(prompt.ids),
    text: completion.text,
    status: completion.status,
    context_refusal: completion.context_refusal,
  };
}

/** One answer to ask for; `stop` says where the server may end it, because nothing after that is scored. */
export type StoppableRequest = Omit<MeasuredRequest, "stop"> & { readonly stop: readonly string[] | null };

/**
 * Measures answers that end at a task's stop texts, which saves time and must not change any score.
 *
 * A model that begins with a line break, or thinks before it answers, would be stopped before its first word: such an answer,
 * and one whose stop texts the server refuses, is asked for again without them, and so are all later ones.
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
    // It is empty without them too: the first answer stands, because no other request has affected its evidence.
    if (!isRefused && again.text === "") return stopped;
    harms = true;
    return again;
  };
}

/** The columns of an example that could not be asked by any method, with the reason. */
export function leftOutColumns(
  { name, setting, server }: Method,
  why: string,
): TimedRequest &
  MethodColumns & {
    readonly model: string;
    readonly evidence: Evidence;
    readonly evidence_source: null;
    readonly evidence_reason: string;
    readonly token_counter: string;
  } {
  return {
    ...NOTHING_TIMED,
    outcome: "error",
    error: `Left out: ${why}.`,
    method: name,
    ...setting,
    load_seconds: null,
    server_prefill_seconds: null,
    recomputed_tokens: null,
    recomputed_ratio: null,
    collect_seconds: null,
    model: server.model,
    evidence: "unproven",
    evidence_source: null,
    evidence_reason: "it was not asked",
    token_counter: server.tokens.name,
  };
}

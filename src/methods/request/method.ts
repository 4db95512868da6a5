import type { CacheEvidence } from "../../client/cache-evidence.js";
import type { Server } from "../../client/server.js";
import type { TimedCompletion } from "../../client/timed-completion.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import type { MethodColumns } from "../../domain/records/record-kinds.js";
import type { MethodName } from "../../domain/records/words.js";

/** A way for a request to meet the cache: how it is prepared, how it asks, and what proves that it happened. */
export interface Method {
  readonly name: MethodName;
  /** CacheBlend's r, 0 for full KV reuse, null elsewhere. */
  readonly recomputeRatio: number | null;
  readonly server: Server;
  /**
   * Whether a request field keeps its requests apart from all that was served before. Where none does, a prompt that may
   * have been asked before needs a first line of its own (`nonceLine`).
   */
  keepsApart(): Promise<boolean>;
  /**
   * Collects what the method reuses, before the clock: serves the chunks, or the prompt, so that their KV is stored.
   *
   * @throws MethodRefused when the server can't do what the method needs.
   */
  prepare(prompt: ChunkedPrompt, signal?: AbortSignal): Promise<Collected>;
  /** Sends the measured request. What a server does wrong is in the answer's outcome. */
  ask(prompt: ChunkedPrompt, request: MethodRequest): Promise<MethodAnswer>;
}

export interface MethodRequest {
  readonly maxTokens: number;
  /** Texts at which the answer ends. */
  readonly stop?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What preparing cost; null where a method prepares nothing. */
export interface Collected {
  readonly collect_seconds: number | null;
}

/** The measured request: what the client timed, and what the server's report says of the method. */
export interface MethodAnswer extends CacheEvidence {
  readonly completion: TimedCompletion;
  readonly columns: Omit<MethodColumns, "collect_seconds">;
}

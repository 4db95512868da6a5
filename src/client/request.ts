import type { JsonObject } from "../domain/json.js";
import { TIMED_KEYS } from "../domain/records/columns.js";
import type { TimedRequest } from "../domain/records/record-kinds.js";
import type { ContextRefusal } from "./server/facts.js";

export interface ChatMessage {
  readonly role: "system" | "developer" | "user" | "assistant" | "tool";
  readonly content: string;
}

/** Options of any timed completion, besides its prompt. */
export interface CompletionOptions {
  /** `max_tokens`; default the server's own limit. */
  readonly maxTokens?: number;
  /** Default 0. */
  readonly temperature?: number;
  /** Texts at which the server ends its answer; they are not part of it. */
  readonly stop?: readonly string[] | undefined;
  /** Additional fields of the request body; a field that is `undefined` is not sent. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
  /** Called when the first content token has been read, after it has been stamped. */
  readonly onFirstToken?: () => void;
  /** Called with content as it is read, which may be some time after it arrived. */
  readonly onText?: (text: string) => void;
}

/** One chat completion to be timed. */
export interface ChatRequest extends CompletionOptions {
  readonly messages: readonly ChatMessage[];
}

/** One completion of a bare prompt, without a chat template, to be timed. */
export interface CompleteRequest extends CompletionOptions {
  /** A text, or the ids of its tokens; only ids keep the seams between cached chunks where they are. */
  readonly prompt: string | readonly number[];
}

/** A timed completion: the record's fields, and what the answer said. */
export type TimedCompletion = TimedRequest & {
  readonly text: string;
  readonly reasoning: string;
  readonly status: number | null;
  /** All of the answer's reports of usage, put together. */
  readonly usage: JsonObject | null;
  /** The server's own figures (`timings` of llama.cpp and of the embedded engine), under its own names. */
  readonly timings: JsonObject | null;
  /** If the prompt was refused as longer than the model's context: what the server said about that. */
  readonly context_refusal: ContextRefusal | null;
  /** Where `cached_tokens` was read. */
  readonly cached_tokens_source: string | null;
  /** Response headers, names in lower case, secrets removed. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Stamps in nanoseconds of `process.hrtime.bigint()`, texts in JSON; if connecting failed, `sent` is the attempt to connect.
   */
  readonly at: {
    readonly sent: bigint;
    readonly firstByte: bigint | null;
    readonly firstToken: bigint | null;
    readonly done: bigint | null;
  };
};

/** The columns every timed request has; TTFT first, as the original's third key. */
export const timedColumns = (completion: TimedCompletion): TimedRequest =>
  Object.fromEntries(TIMED_KEYS.map((key) => [key, completion[key]])) as unknown as TimedRequest;

import type { MethodColumns } from "./method.js";
import type { TimedRequest } from "./timed-request.js";
import type { Evidence } from "./ttft-record.js";

/** One line of a blend log: one measured request of one method. The first three keys are the seed's. */
export type BlendRecord = TimedRequest &
  MethodColumns & {
    readonly run_index: number;
    /** Tokens of the chunks together, without the beginning and the question, by the counter in `token_counter`. */
    readonly context_tokens: number;
    readonly label: string | null;
    readonly model: string | null;
    /** The input length asked for, in tokens. */
    readonly input_target: number | null;
    readonly trial: number | null;
    /** How many chunks the context has. */
    readonly chunks: number | null;
    readonly evidence: Evidence;
    readonly evidence_source: string | null;
    /** Why the method is not proven; null where it is, and in logs that do not say. */
    readonly evidence_reason: string | null;
    readonly token_counter: string | null;
  };

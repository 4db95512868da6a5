import type { PromptFormat } from "./chunked-prompt.js";
import type { DatasetName } from "./example.js";
import type { MethodColumns } from "./method.js";
import type { TimedRequest } from "./timed-request.js";
import type { Evidence } from "./ttft-record.js";

/** One line of a quality log: one example answered by one method, and its score. */
export type QualityRecord = TimedRequest &
  MethodColumns & {
    readonly example_id: string;
    readonly dataset: DatasetName;
    /** Whose words the prompt has, such as `plain`; null in logs of before it was written. */
    readonly wording?: string | null;
    /** How the prompt was handed over; null in logs of before it was written, when all were bare. */
    readonly format?: PromptFormat | null;
    /** How many examples ran concurrently; above 1 they wait for each other. Null in logs that do not say it. */
    readonly concurrency?: number | null;
    /** Tokens taken out of the context to fit the model's; 0 where it fitted, null where it was not looked at. */
    readonly context_cut_tokens?: number | null;
    /** The example was not asked, because its prompt is too long; `error` says more. */
    readonly left_out?: boolean | null;
    /** The metric's name tells its dialect, such as `token_f1` or `rougeL`. */
    readonly metric: string;
    /** From 0 to 1; null when the request failed, which is not a score of 0. */
    readonly score: number | null;
    readonly prediction: string | null;
    readonly references: readonly string[];
    readonly label: string | null;
    readonly model: string | null;
    /** Tokens of the chunks together, without instruction and question, by the counter in `token_counter`. */
    readonly context_tokens: number | null;
    readonly evidence: Evidence;
    readonly evidence_source: string | null;
    /** Why the method is not proven; null where it is, and in logs that do not say. */
    readonly evidence_reason: string | null;
    readonly token_counter: string | null;
  };

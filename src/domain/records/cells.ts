import type { BlendRecord, QualityRecord, TtftRecord } from "./record-kinds.js";

/**
 * The name of the cell of a sweep that a trial measures, cold and warm.
 *
 * @example ttftCell({ prompt_kind: null, context_target: 4000, trial: 2 }) // "4000 tokens, trial 2"
 */
export function ttftCell({
  prompt_kind,
  context_target,
  trial,
}: Pick<TtftRecord, "prompt_kind" | "context_target" | "trial">): string {
  return `${prompt_kind === null ? "" : `${prompt_kind}, `}${context_target} tokens, trial ${trial}`;
}

/** The name of the cell of a method comparison that all methods measure. */
export function blendCell({ input_target, trial }: Pick<BlendRecord, "input_target" | "trial">): string {
  return `${input_target} tokens, trial ${trial}`;
}

/** The name of the cell of an evaluation: one example, which all methods answer. */
export function qualityCell({ example_id }: Pick<QualityRecord, "example_id">): string {
  return example_id;
}

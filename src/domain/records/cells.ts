import type { LogOrigin } from "./log-origin.js";
import type { BlendRecord, LoadRecord, QualityRecord, TtftRecord } from "./record-kinds.js";

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

/**
 * The name of the cell of a method comparison that all methods measure.
 *
 * @example blendCell({ input_target: 3072, chunks: 6, trial: 2 }) // "3072 tokens in 6 chunks, trial 2"
 */
export function blendCell({
  input_target,
  chunks,
  trial,
}: Pick<BlendRecord, "input_target" | "chunks" | "trial">): string {
  return `${input_target} tokens${chunks === null ? "" : ` in ${chunks} chunks`}, trial ${trial}`;
}

/** The name of the cell of an evaluation: one example, which all methods answer. */
export function qualityCell({ example_id }: Pick<QualityRecord, "example_id">): string {
  return example_id;
}

type LoadPlace = Pick<LoadRecord, "label" | "rate_per_second" | "concurrency" | "repeat" | "block"> &
  Partial<Pick<LogOrigin, "own_label">>;

/**
 * The name of the cell of a load: one label's block at one level, to which all parts of a run send requests.
 *
 * @example loadCell({ label: "Full prefill", rate_per_second: 2, concurrency: null, repeat: 1, block: 3 })
 * // "Full prefill at 2/s, repeat 1, block 3"
 */
export function loadCell({
  label,
  own_label,
  rate_per_second,
  concurrency,
  repeat,
  block,
}: LoadPlace): string {
  const level =
    rate_per_second !== null
      ? `at ${rate_per_second}/s`
      : concurrency !== null
        ? `× ${concurrency}`
        : "in its ramp";
  return `${own_label ?? label} ${level}, repeat ${repeat}, block ${block}`;
}

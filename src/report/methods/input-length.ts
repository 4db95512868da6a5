import type { BlendRecord } from "../../domain/records/record-kinds.js";
import type { Trait } from "../../domain/records/series.js";

/** The input length that a row is counted under: the one asked for, else the one it had. */
export const inputLengthOf = ({
  input_target,
  context_tokens,
}: Pick<BlendRecord, "input_target" | "context_tokens">): number => input_target ?? context_tokens;

/** In what blend records must agree to be compared, beside where they come from. */
export const BLEND_SETTING: readonly Trait<Pick<BlendRecord, "chunks">>[] = [
  { name: "chunks", of: ({ chunks }) => (chunks === null ? null : `${chunks} chunks`), silenceCounts: false },
];

import type { BlendRecord } from "../domain/blend-record.js";

/** The input length that a row is counted under: the one asked for, else the one it had. */
export const inputLengthOf = ({
  input_target,
  context_tokens,
}: Pick<BlendRecord, "input_target" | "context_tokens">): number => input_target ?? context_tokens;

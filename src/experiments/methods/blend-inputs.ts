import { z } from "zod";
import { OptionError } from "../../domain/errors/errors.js";
import { checkOptions, MOST_CONTEXT_TOKENS } from "../../domain/errors/options.js";
import type { BlendRecord } from "../../domain/records/record-kinds.js";
import { wholeNumber } from "../option-fields.js";

/** The shortest input that an opening, chunks and a question fit into. */
const LEAST_INPUT = 64;

const USUAL_INPUTS = [512, 1_024, 2_048, 4_096, 8_192];

const lengths = (least: number) =>
  z
    .array(wholeNumber(least, MOST_CONTEXT_TOKENS))
    .min(1, "must name at least one length")
    .refine((all) => new Set(all).size === all.length, "must not name a length twice")
    .optional();

/** The schemas of the options that say which inputs are measured. */
export const inputFields = {
  inputTokens: lengths(LEAST_INPUT),
  chunkTokens: lengths(1),
  chunks: z.preprocess(
    (given) => (typeof given === "number" ? [given] : given),
    z
      .array(wholeNumber(1), "must be a whole number of at least 1, or a list of such numbers")
      .min(1, "must name at least one number")
      .refine((all) => new Set(all).size === all.length, "must not name a number twice")
      .default([4]),
  ),
};

const schema = z.strictObject(inputFields);

/** How long an input is, and of how many chunks. */
export interface BlendInput {
  readonly input_target: number;
  readonly chunks: number;
}

/**
 * The inputs of a comparison: each number of chunks at each length, or with chunks of each length.
 *
 * @throws OptionError for a value that breaks a rule, both lengths, or chunks that with their length make an input of fewer than
 * 64 tokens or of more than any context has.
 * @example blendInputs({ chunkTokens: [512], chunks: [2, 6] })[1] // { input_target: 3072, chunks: 6 }
 */
export function blendInputs(options: {
  readonly inputTokens?: readonly number[] | undefined;
  readonly chunkTokens?: readonly number[] | undefined;
  readonly chunks?: number | readonly number[];
}): readonly BlendInput[] {
  const { inputTokens, chunkTokens, chunks } = checkOptions(schema, options);
  if (chunkTokens === undefined)
    return (inputTokens ?? USUAL_INPUTS).flatMap((input_target) =>
      chunks.map((count) => ({ input_target, chunks: count })),
    );
  if (inputTokens !== undefined)
    throw new OptionError("chunkTokens", "can't be combined with input lengths, which it makes", chunkTokens);
  const inputs = chunkTokens.flatMap((tokens) =>
    chunks.map((count) => ({ input_target: tokens * count, chunks: count })),
  );
  for (const { input_target, chunks: count } of inputs) {
    if (input_target >= LEAST_INPUT && input_target <= MOST_CONTEXT_TOKENS) continue;
    const rule = `must make inputs of ${LEAST_INPUT} to ${MOST_CONTEXT_TOKENS} tokens, and with ${count} chunks do not`;
    throw new OptionError("chunkTokens", rule, input_target / count);
  }
  return inputs;
}

/** Whether a row is of such an input; one that does not say how many chunks there were may be. */
export const isOfInput = (
  row: Pick<BlendRecord, "input_target" | "chunks">,
  { input_target, chunks }: BlendInput,
): boolean => row.input_target === input_target && (row.chunks ?? chunks) === chunks;

export const inputName = ({ input_target, chunks }: BlendInput): string => `${input_target} in ${chunks}`;

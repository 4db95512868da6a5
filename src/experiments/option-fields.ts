import { z } from "zod";
import type { OnProgress } from "../domain/progress.js";
import { FIRST_TOKENS } from "../domain/records/first-token.js";

export { wholeNumber } from "../domain/errors/options.js";

/** A text that is not empty. */
export const someText = () => z.string("must be a text").min(1, "must not be empty");

/** A callback. */
export const callback = <F extends (...args: never[]) => void>() =>
  z.custom<F>((value) => typeof value === "function", "must be a function");

/** Options of every longer experiment: its order, its progress callback, its signal. */
export const runFields = {
  seed: z.union([z.number(), z.string()], "must be a number or a text").default(1),
  onProgress: callback<OnProgress>().optional(),
  onNote: callback<(note: string) => void>().optional(),
  signal: z.instanceof(AbortSignal, { error: "must be an AbortSignal" }).optional(),
};

/** Which token counts as the first in tables. */
export const firstTokenField = z.enum(FIRST_TOKENS, 'must be "content" or "any"').default("content");

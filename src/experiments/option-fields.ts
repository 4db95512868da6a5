import { z } from "zod";
import { FIRST_TOKENS } from "../domain/records/first-token.js";

/** A whole number of at least `least` and, where that is said, at most `most`. */
export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const rule = `must be a whole number of at least ${least}`;
  return z.int(rule).min(least, rule).max(most, `must be at most ${most}`);
};

/** A text that is not empty. */
export const someText = () => z.string("must be a text").min(1, "must not be empty");

/** A callback. */
export const callback = <F extends (...args: never[]) => void>() =>
  z.custom<F>((value) => typeof value === "function", "must be a function");

/** What every experiment that goes on for a while can be told: its order, its progress callback, when to stop. */
export const runFields = {
  seed: z.union([z.number(), z.string()], "must be a number or a text").default(1),
  onProgress: callback<(done: number, all: number) => void>().optional(),
  onNote: callback<(note: string) => void>().optional(),
  signal: z.instanceof(AbortSignal, { error: "must be an AbortSignal" }).optional(),
};

/** Which token tables take as the first. */
export const firstTokenField = z.enum(FIRST_TOKENS, 'must be "content" or "any"').default("content");

import { z } from "zod";
import { checkOptions, mapOf } from "../domain/errors/options.js";
import { MOST_REQUESTS } from "../domain/limits.js";
import type { LoadPlan } from "./load-plan.js";

const wholeNumber = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z.int(rule).min(least, rule).max(most, rule);
};
const above0 = (most: number, unit: string) => {
  const rule = `must be ${unit} above 0 and at most ${most}`;
  return z.number(rule).gt(0, rule).max(most, rule);
};

const arrivals = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("closed"), concurrency: wholeNumber(1, 1024) }),
    z.strictObject({
      kind: z.literal("open"),
      ratePerSecond: above0(1_000_000, "a rate a second"),
      spacing: z.enum(["constant", "poisson"], 'must be "constant" or "poisson"'),
      seed: z.union([z.number(), z.string()], "must be a number or a text"),
    }),
  ],
  'must have the kind "closed" or "open"',
);

const plan = z.strictObject({
  url: z.string("must be a URL"),
  apiKey: z.string("must be a text"),
  secrets: z.array(z.string("must be a text"), "must be a list of texts").default([]),
  headers: mapOf(z.string("must be a text"), "must map names to texts").default({}),
  mode: z.enum(["chat", "stream"], 'must be "chat" or "stream"'),
  body: mapOf(z.unknown(), "must be an object").refine(
    (body) => !Object.hasOwn(body, "stream"),
    "must leave stream to the load, which has a mode for it",
  ),
  requests: wholeNumber(1, MOST_REQUESTS),
  arrivals,
  timeoutSeconds: above0(86_400, "a number of seconds"),
  idleTimeoutSeconds: above0(86_400, "a number of seconds").optional(),
  threads: wholeNumber(0, 64).default(1),
  signal: z.instanceof(AbortSignal, { error: "must be an AbortSignal" }).optional(),
});

/** A plan with nothing left out. */
export type CheckedPlan = z.infer<typeof plan>;

/** @throws OptionError for the first option at fault. */
export const checkPlan = (asked: LoadPlan): CheckedPlan => checkOptions(plan, asked);

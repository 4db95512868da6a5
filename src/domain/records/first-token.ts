import { OptionError } from "../errors/errors.js";
import type { TimedRequest } from "./record-kinds.js";

/** What counts as the first token: the first content, or whatever comes first, reasoning or content. */
export type FirstToken = (typeof FIRST_TOKENS)[number];

export const FIRST_TOKENS = ["content", "any"] as const;

type Times = Pick<TimedRequest, "ttft_seconds" | "first_reasoning_seconds">;

/**
 * Seconds to the first token, by what counts as one; null if none of that kind came.
 *
 * @example firstTokenSeconds({ ttft_seconds: 0.31, first_reasoning_seconds: 0.08 }, "any") // 0.08
 */
export function firstTokenSeconds(
  { ttft_seconds, first_reasoning_seconds }: Times,
  which: FirstToken,
): number | null {
  // Rows made in a notebook may lack the key.
  const reasoning = first_reasoning_seconds ?? null;
  if (which === "content" || reasoning === null) return ttft_seconds;
  return ttft_seconds === null ? reasoning : Math.min(reasoning, ttft_seconds);
}

/** Whether reasoning came before the first content, so that the two kinds of first token differ. */
export const reasonsFirst = (times: Times): boolean =>
  firstTokenSeconds(times, "any") !== firstTokenSeconds(times, "content");

/** The other of the two. */
export const otherFirstToken = (which: FirstToken): FirstToken => (which === "any" ? "content" : "any");

/** @throws OptionError for anything but the two words. */
export function requireFirstToken(value: FirstToken): FirstToken {
  if (FIRST_TOKENS.includes(value)) return value;
  throw new OptionError("firstToken", 'must be "content" or "any"', value);
}

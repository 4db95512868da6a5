import { isObject, type JsonObject } from "../../domain/json.js";
import { MOST_TOKENS } from "../../domain/records/token-count.js";

/** A number of tokens as reported, or `null` for anything else. */
export const tokenCount = (value: unknown): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < MOST_TOKENS
    ? value
    : null;

/** A count of usage's `prompt_tokens_details`, such as `recomputed_tokens`; null where it is not reported. */
export const promptDetail = (usage: JsonObject | null, key: string): number | null =>
  tokenCount(detailOf(usage, key));

/** A share of 1 among them, such as `recomputed_ratio`. */
export function promptShare(usage: JsonObject | null, key: string): number | null {
  const value = detailOf(usage, key);
  return typeof value === "number" && value >= 0 && value <= 1 ? value : null;
}

const detailOf = (usage: JsonObject | null, key: string): unknown =>
  isObject(usage?.prompt_tokens_details) ? usage.prompt_tokens_details[key] : null;

import { METHODS } from "./methods.js";
import type { LoadRecord } from "./record-kinds.js";

type Judged = Pick<LoadRecord, "evidence" | "method" | "cached_tokens"> &
  Partial<Pick<LoadRecord, "expected_cached_tokens">>;

/**
 * A request that found less than an unlimited cache would contain. Its report contradicts the method, and yet it is what
 * happens under load with reuse: without it, the times would be only those of requests that still hit.
 */
export function isMiss({ evidence, method, cached_tokens, expected_cached_tokens }: Judged): boolean {
  if (evidence !== "contradicted" || (method !== null && METHODS[method].reuses === "nothing")) return false;
  return cached_tokens !== null && (expected_cached_tokens == null || cached_tokens < expected_cached_tokens);
}

/** A request that hit although it should be cold, or found what its load had not left. */
export const isNotItsMethod = (row: Judged): boolean => row.evidence === "contradicted" && !isMiss(row);

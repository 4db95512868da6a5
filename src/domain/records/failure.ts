/** Why a request under load failed, in words that can be counted. */
export const FAILURES = [
  "not connected",
  "reset",
  "timeout",
  "bad status",
  "cut stream",
  "no content",
  "error in stream",
  "error in answer",
  "given up",
  "lost content",
  "not understood",
] as const;
export type FailureKind = (typeof FAILURES)[number];

import { wholeNumber } from "../domain/errors/options.js";
import type { WorkloadRequest } from "./workload.js";

/** The shortest prompt with room for a first line, a text and a question. */
export const LEAST_PROMPT_TOKENS = 64;
/** The shortest text that is a piece of a prompt. */
export const LEAST_PIECE_TOKENS = 8;

/** Output tokens of every request. */
export const outputTokens = wholeNumber(1).default(16);

/** The fields of a request without documents, session, start time and score. */
export const NO_NAMES = {
  documents: null,
  session: null,
  turn: null,
  startsAtSeconds: null,
  example: null,
} as const satisfies Partial<WorkloadRequest>;

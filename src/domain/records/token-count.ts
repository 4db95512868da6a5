import { OptionError } from "../errors/errors.js";

/**
 * How the tokens of a context were counted, by a record's `token_counter`: `exact` by the model's tokenizer, `corrected` by
 * an estimate adjusted to the server's usage, `estimated` by characters alone, `unknown` if a log does not say.
 */
export type HowCounted = "exact" | "corrected" | "estimated" | "unknown";

/** The counter for texts that no tokenizer can count, as written in records. */
export const ESTIMATE = "≈ 4 characters a token";

/** The same, after the server's usage has shown how many characters a token has. */
export const CORRECTED_ESTIMATE = "≈ characters a token, by the server's usage";

/** More than any model takes: the value of tokenizers without a limit, and of servers whose counts can't be true. */
export const MOST_TOKENS = 100_000_000;

/**
 * How a context was counted, by its counter's name.
 *
 * @example howCounted("server /tokenize") // "exact"
 */
export function howCounted(token_counter: string | null | undefined): HowCounted {
  if (typeof token_counter !== "string") return "unknown";
  if (token_counter === CORRECTED_ESTIMATE) return "corrected";
  return token_counter.startsWith("≈") ? "estimated" : "exact";
}

/** Whether a context's length is an estimate, which every table and axis marks. */
export const isEstimate = (token_counter: string | null | undefined): boolean =>
  ["corrected", "estimated"].includes(howCounted(token_counter));

/** What a prompt needs to know of a tokenizer; the client's counters fit. */
export interface TokenBudget {
  count(text: string): Promise<number>;
  truncate(text: string, tokens: number): Promise<string>;
}

/** Counts the tokens of a text, without the special tokens a chat template adds. */
export interface TokenCounter {
  /** Who counts: `server /tokenize`, a library with its vocabulary, or an estimate, which begins with ≈. */
  readonly name: string;
  readonly exact: boolean;
  /** Whether it may not be the model's counter, with no usage so far to confirm or correct it. */
  readonly wantsUsage: boolean;
  /** Corrects the counter by the server's count of two prompts that differ only in these texts; otherwise does nothing. */
  correct(shorter: TextUsage, longer: TextUsage): Promise<void>;
  count(text: string): Promise<number>;
  /** The ids of a text, without special tokens; null if not available. */
  encode(text: string): Promise<readonly number[] | null>;
  /** A prefix of at most that many tokens; never splits a character. */
  truncate(text: string, tokens: number): Promise<string>;
}

/** A text within a prompt, and the tokens that the server's usage counted in the whole prompt. */
export interface TextUsage {
  readonly text: string;
  readonly promptTokens: number;
}

/** The members of a counter that needs no correction. */
export const SURE = { wantsUsage: false, correct: async () => {} } as const;

/** @throws OptionError for anything but a number of tokens. */
export function checkTokens(tokens: number): number {
  if (Number.isSafeInteger(tokens) && tokens >= 0) return tokens;
  throw new OptionError("tokens", "must be a whole number of at least 0", tokens);
}

import { OptionError } from "../domain/errors/errors.js";

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

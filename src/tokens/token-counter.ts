/** Counts the tokens of a text, without the special tokens a chat template adds. */
export interface TokenCounter {
  /** Who counts: `server /tokenize`, a library with its vocabulary, or an estimate, which begins with ≈. */
  readonly name: string;
  readonly exact: boolean;
  /** It may not be the model's counter, and no usage has shown yet that it is, or set it right. */
  readonly wantsUsage: boolean;
  /** Sets the counter right by the server's count of two prompts that differ in these texts alone; else does nothing. */
  correct(shorter: TextUsage, longer: TextUsage): Promise<void>;
  count(text: string): Promise<number>;
  /** The ids of a text, without special tokens; null where they are not to be had. */
  encode(text: string): Promise<readonly number[] | null>;
  /** A prefix of at most that many tokens; never splits a character. */
  truncate(text: string, tokens: number): Promise<string>;
}

/** A text within a prompt, and the tokens that the server's usage counted in the whole prompt. */
export interface TextUsage {
  readonly text: string;
  readonly promptTokens: number;
}

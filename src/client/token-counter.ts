/** Counts the tokens of a text, without the special tokens a chat template adds. */
export interface TokenCounter {
  /** Who counts: `server /tokenize`, a library with its vocabulary, or `≈ 4 characters a token`. */
  readonly name: string;
  readonly exact: boolean;
  count(text: string): Promise<number>;
  /** The ids of a text, without special tokens; null where they are not to be had. */
  encode(text: string): Promise<readonly number[] | null>;
  /** A prefix of at most that many tokens; never splits a character. */
  truncate(text: string, tokens: number): Promise<string>;
}

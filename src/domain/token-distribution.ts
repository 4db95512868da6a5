/**
 * A model's distribution at one position of a text: log-probabilities of its likeliest tokens, and of the actual one. Keys
 * are ids, or texts if a server reports no ids.
 */
export interface TokenDistribution {
  /** Of the actual token; null if the server does not report it. */
  readonly own: number | null;
  readonly logprobs: ReadonlyMap<string, number>;
}

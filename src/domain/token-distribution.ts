/**
 * What a model gives one place of a text: log-probabilities of its likeliest tokens, and of the one that stands there.
 * Keys are ids, or texts where a server tells no ids.
 */
export interface TokenDistribution {
  /** Of the token that stands there; null where the server does not tell it. */
  readonly own: number | null;
  readonly logprobs: ReadonlyMap<string, number>;
}

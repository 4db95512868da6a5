/** An id and the logarithm of its probability. */
export interface Candidate {
  readonly id: number;
  readonly logprob: number;
}

/** The log-probabilities of one token and its likeliest alternatives; before any temperature, as vLLM reports them. */
export interface TokenLogprobs extends Candidate {
  /** 1 for the likeliest of all ids. */
  readonly rank: number;
  /** The likeliest ids, in their order. */
  readonly top: readonly Candidate[];
}

/**
 * The log-probabilities of one id and of the `count` likeliest, the lower id first of equals.
 *
 * @param logits of all ids
 * @example logprobsOf(Float32Array.of(0, Math.log(3)), 0, 1)
 *   // { id: 0, logprob: -1.386, rank: 2, top: [{ id: 1, logprob: -0.288 }] }
 */
export function logprobsOf(logits: Float32Array, id: number, count: number): TokenLogprobs {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  const all = highest + Math.log(sum);
  const own = logits[id]!;
  return {
    id,
    logprob: own - all,
    rank: logits.reduce((rank, logit) => (logit > own ? rank + 1 : rank), 1),
    top: likeliest(logits, count).map((one) => ({ id: one, logprob: logits[one]! - all })),
  };
}

function likeliest(logits: Float32Array, count: number): readonly number[] {
  const kept: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    if (kept.length === count && !(count > 0 && logits[id]! > logits[kept.at(-1)!]!)) continue;
    const at = kept.findIndex((other) => logits[id]! > logits[other]!);
    kept.splice(at < 0 ? kept.length : at, 0, id);
    kept.length = Math.min(kept.length, count);
  }
  return kept;
}

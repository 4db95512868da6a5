import type { TokenDistribution } from "../domain/token-distribution.js";

/** How far one model's distributions are from another's along a text. */
export interface Divergence {
  /** The mean KL(P‖Q) per token, in nats; a lower bound from the tokens that both report. */
  readonly klNats: number;
  /** The share of positions at which both have the same likeliest token. */
  readonly top1Agreement: number;
  /** The mean share of P on tokens that both report; at 1 the KL is exact. */
  readonly massCovered: number;
}

/** Reported probabilities are rounded sums: a remainder below this counts as none. */
const ROUNDING = 1e-6;

/**
 * How far `q` is from `p`: the mean over the text's tokens.
 *
 * Servers report only the likeliest tokens. All others are merged into one, in both P and Q, which can make a KL smaller but
 * never larger (the log sum inequality: Cover and Thomas, "Elements of Information Theory", 2006, theorem 2.7.1): the result
 * is a lower bound, and exact if both report all tokens.
 *
 * @param p the reference, one distribution per token; at least one.
 * @param q the other, for the same number of tokens.
 * @example
 * const of = (...pairs) => ({ own: null, logprobs: new Map(pairs.map(([key, p]) => [key, Math.log(p)])) });
 * divergence([of(["a", 0.5], ["b", 0.5])], [of(["a", 0.25], ["b", 0.75])]).klNats // 0.1438
 */
export function divergence(p: readonly TokenDistribution[], q: readonly TokenDistribution[]): Divergence {
  const places = p.map((one, index) => atPlace(one.logprobs, q[index]!.logprobs));
  const mean = (of: (place: Divergence) => number): number =>
    places.reduce((sum, place) => sum + of(place), 0) / places.length;
  return {
    klNats: mean(({ klNats }) => klNats),
    top1Agreement: mean(({ top1Agreement }) => top1Agreement),
    massCovered: mean(({ massCovered }) => massCovered),
  };
}

/** The mean loss of a text, in nats per token; null if some token's probability is not reported. */
export function meanLoss(tokens: readonly TokenDistribution[]): number | null {
  let sum = 0;
  for (const { own } of tokens) {
    if (own === null) return null;
    sum -= own;
  }
  return tokens.length === 0 ? null : sum / tokens.length;
}

function atPlace(p: ReadonlyMap<string, number>, q: ReadonlyMap<string, number>): Divergence {
  let [kl, coveredP, coveredQ] = [0, 0, 0];
  for (const [key, logP] of p) {
    const logQ = q.get(key);
    if (logQ === undefined) continue;
    const share = Math.exp(logP);
    if (share > 0) kl += share * (logP - logQ);
    coveredP += share;
    coveredQ += Math.exp(logQ);
  }
  const [restP, restQ] = [rest(coveredP), rest(coveredQ)];
  return {
    klNats: Math.max(0, kl + restP * Math.log(restP / restQ)),
    top1Agreement: likeliestIn(p, q) ? 1 : 0,
    massCovered: Math.min(1, coveredP),
  };
}

const rest = (covered: number): number => Math.max(ROUNDING, 1 - covered);

/** Whether P's likeliest token is also Q's; any of several equals. */
function likeliestIn(p: ReadonlyMap<string, number>, q: ReadonlyMap<string, number>): boolean {
  const highest = (all: ReadonlyMap<string, number>): number =>
    [...all.values()].reduce((most, logprob) => Math.max(most, logprob), Number.NEGATIVE_INFINITY);
  const [highestP, highestQ] = [highest(p), highest(q)];
  return [...p].some(([key, logprob]) => logprob === highestP && q.get(key) === highestQ);
}

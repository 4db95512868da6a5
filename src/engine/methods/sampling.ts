import { random } from "../../stats/random.js";

/** How tokens are drawn. */
export interface Sampling {
  /** Above 0; logits are divided by it. */
  readonly temperature: number;
  /** Only the likeliest tokens that together have this share. */
  readonly topP: number;
  /** Only so many of the likeliest tokens; null for all. */
  readonly topK: number | null;
  /** The same seed draws the same answer. */
  readonly seed: number;
}

/** The id of the highest logit, the first of equals. */
export function highest(logits: Float32Array): number {
  return logits.reduce((best, logit, id) => (logit > logits[best]! ? id : best), 0);
}

/**
 * Draws ids by their probabilities: after the temperature the `topK` likeliest are kept, and of those the fewest that
 * together have `topP`, as vLLM does.
 */
export function sampler({ temperature, topP, topK, seed }: Sampling): (logits: Float32Array) => number {
  const source = random(seed);
  return (logits) => {
    const top = logits[highest(logits)]!;
    const ids = [...logits.keys()];
    if (topK !== null || topP < 1) ids.sort((a, b) => logits[b]! - logits[a]! || a - b);
    const weights = ids.slice(0, topK ?? ids.length).map((id) => Math.exp((logits[id]! - top) / temperature));
    const kept = weights.slice(0, firstReaching(weights, topP * sumOf(weights)) + 1);
    return ids[firstReaching(kept, source() * sumOf(kept))]!;
  };
}

/** Where the running sum first is above `target`; the last place where rounding keeps it below. */
function firstReaching(weights: readonly number[], target: number): number {
  let sum = 0;
  const found = weights.findIndex((weight) => {
    sum += weight;
    return sum > target;
  });
  return found < 0 ? weights.length - 1 : found;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

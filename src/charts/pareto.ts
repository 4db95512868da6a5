/** A method's place in the trade: sooner is better, higher is better. */
export interface Trade {
  readonly seconds: number;
  readonly score: number;
}

/**
 * The trades that none other beats in both time and score, from the soonest on.
 *
 * @example paretoFront([{ seconds: 1, score: 0.5 }, { seconds: 2, score: 0.4 }, { seconds: 3, score: 0.9 }]).length // 2
 */
export function paretoFront<T extends Trade>(trades: readonly T[]): T[] {
  const soonest = [...trades].sort((a, b) => a.seconds - b.seconds || b.score - a.score);
  let best = Number.NEGATIVE_INFINITY;
  return soonest.filter(({ score }) => {
    if (score <= best) return false;
    best = score;
    return true;
  });
}

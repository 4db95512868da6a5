import type { OnProgress } from "../domain/progress.js";

/**
 * Tells how far a run is and, by what its pieces have cost so far, how long the rest will take.
 *
 * @param sizes of all pieces in their order, in any unit of which cost is a function, such as tokens; 0 for one that is there
 *   already and costs nothing.
 * @param now in seconds, of a clock that only goes forward.
 * @returns what is called with the number of pieces that are done: before each, and at the end; and with false where the last
 *   of them was left out, so that what it took says nothing of the others.
 */
export function measuredCosts(
  sizes: readonly number[],
  onProgress: OnProgress | undefined,
  now: () => number = () => performance.now() / 1_000,
): (done: number, wasMeasured?: boolean) => void {
  const costs = new Map<number, { seconds: number; count: number }>();
  const left = new Map<number, number>();
  for (const size of sizes) if (size > 0) left.set(size, (left.get(size) ?? 0) + 1);
  let before = now();
  return (done, wasMeasured = true) => {
    const at = now();
    const size = sizes[done - 1] ?? 0;
    if (size > 0) {
      if (wasMeasured) {
        const { seconds, count } = costs.get(size) ?? { seconds: 0, count: 0 };
        costs.set(size, { seconds: seconds + at - before, count: count + 1 });
      }
      left.set(size, left.get(size)! - 1);
    }
    before = at;
    onProgress?.(done, sizes.length, secondsLeft(costs, left));
  };
}

/** The mean cost of each size that is left; of a size not measured yet, in proportion to the nearest one that was. */
function secondsLeft(
  costs: ReadonlyMap<number, { readonly seconds: number; readonly count: number }>,
  left: ReadonlyMap<number, number>,
): number | null {
  const measured = [...costs].map(([size, { seconds, count }]) => ({ size, mean: seconds / count }));
  if (measured.length === 0) return null;
  let seconds = 0;
  for (const [size, count] of left) {
    const nearest = measured.reduce((best, one) =>
      Math.abs(Math.log(one.size / size)) < Math.abs(Math.log(best.size / size)) ? one : best,
    );
    seconds += count * nearest.mean * (size / nearest.size);
  }
  return seconds;
}

import { OptionError } from "../domain/errors/errors.js";
import { normalBelow } from "./student-t.js";

/**
 * Wilson's score interval of a share: `successes` of `n` independent trials.
 *
 * Unlike the normal interval it is never a point where all or none succeed.
 * Wilson, "Probable inference, the law of succession, and statistical inference" (1927), JASA 22, 209–212.
 *
 * @param confidence between 0 and 1.
 * @throws OptionError for counts that are no whole numbers with 0 ≤ successes ≤ n and n ≥ 1, or a confidence out of range.
 * @example wilsonInterval(10, 10) // { low: 0.7225, high: 1 }
 */
export function wilsonInterval(
  successes: number,
  n: number,
  confidence = 0.95,
): { readonly low: number; readonly high: number } {
  if (!Number.isInteger(n) || n < 1) throw new OptionError("n", "must be a whole number from 1", n);
  if (!Number.isInteger(successes) || successes < 0 || successes > n)
    throw new OptionError("successes", `must be a whole number from 0 to ${n}`, successes);
  if (!(confidence > 0 && confidence < 1))
    throw new OptionError("confidence", "must be between 0 and 1", confidence);
  const z = normalBound((1 - confidence) / 2);
  const share = successes / n;
  const middle = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return {
    low: successes === 0 ? 0 : Math.max(0, middle - half),
    high: successes === n ? 1 : Math.min(1, middle + half),
  };
}

/** The z above which a standard normal number is in so many cases, by halving. */
function normalBound(tail: number): number {
  let [low, high] = [0, 40];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (normalBelow(-middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

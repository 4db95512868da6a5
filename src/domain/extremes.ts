/** The largest of any number of numbers; as of `Math.max`, −Infinity of none, and NaN where one is. */
export function largest(values: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/** The smallest of any number of numbers; as of `Math.min`, Infinity of none, and NaN where one is. */
export function smallest(values: Iterable<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) least = Math.min(least, value);
  return least;
}

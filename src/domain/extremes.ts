/** The largest of any number of numbers; as with `Math.max`, −Infinity for none, and NaN if one is NaN. */
export function largest(values: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/** The smallest of any number of numbers; as with `Math.min`, Infinity for none, and NaN if one is NaN. */
export function smallest(values: Iterable<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) least = Math.min(least, value);
  return least;
}

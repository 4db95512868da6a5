/**
 * Parts requests into at most `most` blocks of nearly the same size.
 *
 * @example blockSizes(500, 6) // [83, 83, 84, 83, 83, 84]
 */
export function blockSizes(requests: number, most: number): readonly number[] {
  const count = Math.min(most, requests);
  return Array.from(
    { length: count },
    (_, block) => Math.floor((requests * (block + 1)) / count) - Math.floor((requests * block) / count),
  );
}

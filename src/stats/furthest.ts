/** How far from an estimate in one direction a condition holds, to six digits. */
export function furthest(
  holds: (value: number, direction: 1 | -1) => boolean,
  estimate: number,
  direction: 1 | -1,
): number {
  const at = (distance: number): number => estimate + direction * distance;
  let [inside, outside] = [0, 0.25];
  while (holds(at(outside), direction)) [inside, outside] = [outside, 2 * outside];
  while (outside - inside > 1e-6 * Math.max(1, outside)) {
    const middle = (inside + outside) / 2;
    if (holds(at(middle), direction)) inside = middle;
    else outside = middle;
  }
  return at(outside);
}

/**
 * The words most like a mistyped one, at most three: those that a few changed letters lead to, or that contain it.
 *
 * @example nearest("rate", ["rates", "trace", "seed"]) // ["rates", "trace"]
 */
export function nearest(word: string, known: Iterable<string>): string[] {
  return [...known]
    .map((one) => ({ one, far: one.includes(word) || word.includes(one) ? 1 : distance(word, one) }))
    .filter(({ one, far }) => one !== "" && far <= Math.ceil(Math.min(word.length, one.length) / 3))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ one }) => one);
}

/** How many letters must be added, left out or changed (Levenshtein's distance). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= to.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (letter === to[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[to.length]!;
}

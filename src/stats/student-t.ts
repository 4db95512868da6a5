/**
 * The share of a standard normal distribution below `z`: Φ(z) = 1/2 + φ(z)(z + z³/3 + z⁵/(3·5) + …), to about 1e-15
 * for |z| up to 6.
 *
 * Marsaglia, "Evaluating the Normal Distribution" (2004), https://doi.org/10.18637/jss.v011.i04.
 *
 * @example normalBelow(-1.959964) // 0.025
 */
export function normalBelow(z: number): number {
  let term = z;
  let sum = 0;
  for (let odd = 1; sum + term !== sum; odd += 2) {
    sum += term;
    term *= (z * z) / (odd + 2);
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/**
 * The share of Student's t distribution between −t and t, by its finite series for whole degrees of freedom.
 *
 * Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 26.7.3 and 26.7.4.
 */
function studentWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let power = isOdd ? 3 : 2; power <= degrees - 2; power += 2) {
    term *= ((power - 1) / power) * cosine * cosine;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}

/**
 * The t such that a given share of Student's distribution lies between −t and t.
 *
 * @param share above 0 and below 1.
 * @param degrees of freedom, a whole number from 1.
 * @example studentBound(0.95, 4) // 2.776
 */
export function studentBound(share: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentWithin(high, degrees) < share) high *= 2;
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, degrees) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

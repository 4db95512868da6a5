/** The number a 16-bit IEEE 754 float stands for, by its bits. */
export const HALF_FLOATS: Float32Array = Float32Array.from({ length: 65_536 }, (_, bits) => halfFloat(bits));

function halfFloat(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

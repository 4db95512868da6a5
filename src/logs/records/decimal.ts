/** Where the number that {@link decimalAt} read ends. */
export let decimalEnd = 0;

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/** The powers of ten that a double holds exactly, and each in two halves of at most 26 bits, whose products are exact. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const HIGH = POWERS.map(highOf);
const LOW = POWERS.map((power, exponent) => power - HIGH[exponent]!);

/** The upper half of a double's digits (Veltkamp 1968). */
function highOf(value: number): number {
  const scaled = 134_217_729 * value;
  return scaled - (scaled - value);
}

/**
 * The number that begins at `at`, exactly as `JSON.parse` reads it: the nearest double. NaN where none begins, or one with an
 * exponent, more than 17 digits or more than 22 after the point, or one too near to the middle of two doubles to be told:
 * these are left to `JSON.parse`.
 *
 * Its digits are a sum of two doubles; the quotient by a power of ten is computed twice as finely as a double is (Dekker 1971),
 * and believed if its error can't change the rounding.
 *
 * @example decimalAt(Buffer.from("0.1,"), 0) // 0.1, and `decimalEnd` is 3
 */
export function decimalAt(bytes: Uint8Array, begin: number): number {
  let at = begin;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at++;
  // Up to nine digits from the first that is no zero, and then up to eight more.
  let first = 0;
  let second = 0;
  let digits = 0;
  const whole = at;
  let point = 0;
  for (; ; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (digits === 0 && digit === 0) continue;
      if (++digits <= 9) first = first * 10 + digit;
      else second = second * 10 + digit;
    } else if (point === 0 && bytes[at] === POINT && at > whole) {
      point = at;
    } else {
      break;
    }
  }
  const end = point === 0 ? at : point;
  const decimals = point === 0 ? 0 : at - point - 1;
  const follows = bytes[at]! | 0x20;
  if (
    at === whole ||
    (bytes[whole] === ZERO && end > whole + 1) ||
    (point > 0 && decimals === 0) ||
    follows === 0x65 ||
    bytes[at] === POINT ||
    digits > 17 ||
    decimals > 22
  )
    return Number.NaN;
  decimalEnd = at;
  if (point === 0 && digits <= 9 && !isNegative) return first;
  const value = quotient(first, second, digits > 9 ? digits - 9 : 0, decimals);
  return isNegative ? -value : value;
}

/** (first · 10^more + second) / 10^decimals, the nearest double; NaN if that can't be told. */
function quotient(first: number, second: number, more: number, decimals: number): number {
  // Exact: the first has 30 bits, and ten to the eighth is five to the eighth, of 19 bits, shifted.
  const shifted = first * POWERS[more]!;
  const sum = shifted + second;
  const rest = second - (sum - shifted);
  const power = POWERS[decimals]!;
  const nearly = sum / power;
  if (rest === 0 && sum <= Number.MAX_SAFE_INTEGER) return nearly;
  const high = highOf(nearly);
  const low = nearly - high;
  const product = nearly * power;
  const error =
    low * LOW[decimals]! - (product - high * HIGH[decimals]! - low * HIGH[decimals]! - high * LOW[decimals]!);
  const correction = (sum - product - error + rest) / power;
  const doubt = nearly * 2 ** -98;
  const least = nearly + (correction - doubt);
  return least === nearly + (correction + doubt) ? least : Number.NaN;
}

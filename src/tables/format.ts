/**
 * Seconds in milliseconds, the unit of every time in tables and charts; the header has its name.
 *
 * @example formatMs(0.4291) // "429"
 */
export const formatMs = (seconds: number): string => formatNumber(seconds * 1000);

/** A number's text as it is printed: with a minus sign (U+2212) where a program would write a hyphen. */
const withMinus = (number: string): string => number.replace("-", "\u2212");

/**
 * A number with three significant digits, but all digits before the point, thousands separated, and a true minus sign.
 *
 * @example formatNumber(9.8149) // "9.81"; formatNumber(-12345.6) // "−12,346"
 */
export function formatNumber(value: number): string {
  if (value === 0) return "0";
  const magnitude = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))));
  const decimals = Math.min(Math.max(0, 2 - magnitude), 20);
  return withMinus(
    value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  );
}

/** A whole number with its thousands separated. */
export function formatCount(value: number): string {
  return withMinus(value.toLocaleString("en-US", { maximumFractionDigits: 0 }));
}

/**
 * A share in per cent, to one decimal, without the sign.
 *
 * @example formatPercent(0.9525) // "95.3"
 */
export const formatPercent = (share: number): string => formatFixed(100 * share, 1);

/**
 * A number with so many decimals, with a true minus sign; one that rounds to zero has none.
 *
 * @example formatFixed(-0.0417, 3) // "−0.042"; formatFixed(-0.0001, 3) // "0.000"
 */
export const formatFixed = (value: number, decimals: number): string =>
  withMinus(value.toFixed(decimals).replace(/^-(0(?:\.0*)?)$/, "$1"));

/**
 * A number of things whose plural ends in s.
 *
 * @example formatCounted(1_024, "row") // "1,024 rows"
 */
export function formatCounted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}

/**
 * An estimate with its confidence interval.
 *
 * @example formatInterval({ estimate: 9.81, low: 9.12, high: 10.4 }) // "9.81 [9.12, 10.4]"
 */
export function formatInterval({
  estimate,
  low,
  high,
}: {
  estimate: number;
  low: number;
  high: number;
}): string {
  return `${formatNumber(estimate)} [${formatNumber(low)}, ${formatNumber(high)}]`;
}

/**
 * A mean with its standard deviation in milliseconds, both to the last digit of the mean.
 *
 * @example formatSpread(1.8213, 1.3392) // "1,821 ± 1,339"
 */
export function formatSpread(meanSeconds: number, sdSeconds: number): string {
  const mean = formatMs(meanSeconds);
  const decimals = mean.split(".")[1]?.length ?? 0;
  const sd = (sdSeconds * 1000).toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return `${mean} ± ${sd}`;
}

/** The unit in which a table prints seconds. */
export type TimeUnit = "ms" | "s";

/** Milliseconds unless the longest time reaches 10 seconds. */
export function timeUnit(seconds: readonly (number | null)[]): TimeUnit {
  return seconds.some((value) => value !== null && value >= 10) ? "s" : "ms";
}

/**
 * Seconds in a unit, without the unit's name, which is in the header.
 *
 * @example formatSeconds(0.4291, "ms") // "429"
 */
export function formatSeconds(seconds: number, unit: TimeUnit): string {
  return formatNumber(unit === "ms" ? seconds * 1000 : seconds);
}

/**
 * A number with three significant digits, but all digits before the point, thousands separated.
 *
 * @example formatNumber(9.8149) // "9.81"; formatNumber(12345.6) // "12,346"
 */
export function formatNumber(value: number): string {
  if (value === 0) return "0";
  const magnitude = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))));
  const decimals = Math.min(Math.max(0, 2 - magnitude), 20);
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A whole number with its thousands separated. */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/**
 * A share in per cent, to one decimal, without the sign.
 *
 * @example formatPercent(0.9525) // "95.3"
 */
export function formatPercent(share: number): string {
  return (100 * share).toFixed(1);
}

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
 * A mean with its standard deviation, both to the last digit of the mean.
 *
 * @example formatSpread(0.4291, 0.0123, "ms") // "429 ± 12"
 */
export function formatSpread(meanSeconds: number, sdSeconds: number, unit: TimeUnit): string {
  const factor = unit === "ms" ? 1000 : 1;
  const mean = formatNumber(meanSeconds * factor);
  return `${mean} ± ${(sdSeconds * factor).toFixed(mean.split(".")[1]?.length ?? 0)}`;
}

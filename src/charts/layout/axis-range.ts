import { largest, smallest } from "../../domain/extremes.js";
import type { Fields } from "./figure.js";

/** The share of an axis that is left free at its ends. */
const FREE = 0.05;

/** Half an axis around a single value, in powers of ten. */
const AROUND_ONE = 0.3;

/** What the traces on an axis show, the ends of their bars included. */
export function valuesOn(data: readonly Fields[], letter: "x" | "y", number: string): number[] {
  return data
    .filter((trace) => (trace[`${letter}axis`] ?? letter) === `${letter}${number}`)
    .flatMap((trace) => {
      const { array = [], arrayminus = [] } = (trace[`error_${letter}`] ?? {}) as Readonly<
        Record<"array" | "arrayminus", readonly number[] | undefined>
      >;
      const values = (trace[letter] ?? []) as readonly unknown[];
      return values.flatMap((value, i) =>
        typeof value === "number" ? [value - (arrayminus[i] ?? 0), value + (array[i] ?? 0)] : [],
      );
    })
    .filter(Number.isFinite);
}

/**
 * The ends of an axis, as Plotly writes them: powers of ten if it is logarithmic. Its own range if it states one; null without a
 * value.
 */
export function rangeOf(axis: Fields, values: readonly number[]): readonly [number, number] | null {
  if (Array.isArray(axis.range)) return axis.range as unknown as readonly [number, number];
  const isLog = axis.type === "log";
  const shown = isLog ? values.filter((value) => value > 0).map(Math.log10) : values;
  if (shown.length === 0) return null;
  const fromZero = !isLog && axis.rangemode === "tozero";
  const low = Math.min(smallest(shown), fromZero ? 0 : Number.POSITIVE_INFINITY);
  const high = Math.max(largest(shown), fromZero ? 0 : Number.NEGATIVE_INFINITY);
  const free = high > low ? FREE * (high - low) : isLog ? AROUND_ONE : Math.abs(high) / 2 || 1;
  return [fromZero && low === 0 ? 0 : low - free, fromZero && high === 0 && low < 0 ? 0 : high + free];
}

/** Where a value stands on an axis: 0 at its beginning, 1 at its end. */
export function placeOn(axis: Fields, [low, high]: readonly [number, number], value: number): number {
  return ((axis.type === "log" ? Math.log10(value) : value) - low) / (high - low);
}

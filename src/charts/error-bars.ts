import { quantile } from "../stats/quantile.js";

/** A point of a chart with a bar through it. */
export interface BarPoint {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  /** How many values it is of, where that is known. */
  readonly n?: number;
}

/** The median with a bar over the interquartile range, from the 25th to the 75th percentile, which one outlier can't stretch. */
export function middleHalf(values: readonly number[]): BarPoint {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((p) => quantile(values, p)) as [number, number, number];
  return { low, middle, high, n: values.length };
}

/** Vertical bars through points; a point without extent gets none. */
export function errorBars(points: readonly BarPoint[], color: string) {
  return {
    type: "data",
    symmetric: false,
    array: points.map(({ high, middle }) => high - middle),
    arrayminus: points.map(({ low, middle }) => middle - low),
    color,
    thickness: 1.2,
    width: 3,
  };
}

/** All ends of all bars, for an axis that must contain them. */
export function barEnds(
  traces: readonly { readonly y: readonly number[]; readonly error_y: ReturnType<typeof errorBars> }[],
): number[] {
  return traces.flatMap(({ y, error_y: { array, arrayminus } }) =>
    y.flatMap((value, i) => [value - arrayminus[i]!, value + array[i]!]),
  );
}

import { formatCount, formatNumber } from "../tables/format.js";

/** What a point of a chart says in words: where it stands, with units. */
export interface Told {
  readonly x: string;
  readonly y: string;
  /** What its bar is, such as `IQR 98.0–104 ms`; none without a bar. */
  readonly interval?: string | undefined;
  /** How many values it is of. */
  readonly n?: number | undefined;
}

/** A bar's ends in words, with the name of the interval and a unit; none where the bar has no length. */
export function intervalWords(
  name: "IQR" | "95 % CI",
  { low, high }: { readonly low: number; readonly high: number },
  unit = "",
): string | undefined {
  return low === high ? undefined : `${name} ${formatNumber(low)} to ${formatNumber(high)}${unit}`;
}

/**
 * The words of a trace's points, as `customdata`: x, y, interval, n. A notebook shows them beside the pointer, a report also in a
 * table.
 */
export function told(points: readonly Told[]) {
  const templates = points.map(({ interval, n }) =>
    ["%{customdata[0]}", "%{customdata[1]}", interval && "%{customdata[2]}", n && "n = %{customdata[3]}"]
      .filter(Boolean)
      .join("<br>"),
  );
  return {
    customdata: points.map(({ x, y, interval = null, n }) => [
      x,
      y,
      interval,
      n === undefined ? null : formatCount(n),
    ]),
    hovertemplate: new Set(templates).size === 1 ? templates[0] : templates,
  };
}

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
 * The words of a trace's points, as `customdata`: x, y, interval, n; null where the line is broken. A notebook shows them beside
 * the pointer, a report also in a table.
 */
export function told(points: readonly (Told | null)[]) {
  const templates = points.map(
    (point) =>
      point &&
      [
        "%{customdata[0]}",
        "%{customdata[1]}",
        point.interval && "%{customdata[2]}",
        point.n && "n = %{customdata[3]}",
      ]
        .filter(Boolean)
        .join("<br>"),
  );
  const shown = new Set(templates.filter((template) => template !== null));
  return {
    customdata: points.map(
      (point) =>
        point && [
          point.x,
          point.y,
          point.interval ?? null,
          point.n === undefined ? null : formatCount(point.n),
        ],
    ),
    hovertemplate: shown.size === 1 ? [...shown][0] : templates,
  };
}

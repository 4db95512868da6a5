import type { Chart } from "../../charts/chart.js";
import { unescapePlotly } from "../../charts/layout/escape-plotly.js";
import { Table } from "../../tables/table.js";

/** One point of a chart in words. */
export interface ChartValue {
  readonly name: string;
  readonly x: string;
  readonly y: string;
  /** Of the value, such as an IQR; null for none. */
  readonly interval: string | null;
  readonly n: string | null;
}

/** The points of each trace of a chart in words, in their order; of a trace without words none. */
export function valuesOf({ sketch: { data } }: Chart): ChartValue[][] {
  return data.map(({ name, customdata = [] }) =>
    (customdata as readonly (readonly [string, string, string | null, string | null] | null)[]).flatMap(
      (words) => {
        // A break in a line has no mark and no words.
        if (words === null) return [];
        const [x, y, interval, n] = words;
        return [
          {
            ...{ name: unescapePlotly(String(name ?? "")), x: unescapePlotly(x), y: unescapePlotly(y) },
            ...{ interval, n },
          },
        ];
      },
    ),
  );
}

/** All that a chart shows, for who reads no picture or has no pointer. */
export function valuesTable(chart: Chart): Table<ChartValue> {
  return new Table<ChartValue>({
    columns: [
      { header: "line", align: "left", isKey: true },
      { header: "at", align: "left" },
      { header: "value", align: "right" },
      { header: "interval", align: "left" },
      { header: "n", align: "right" },
    ],
    lines: valuesOf(chart)
      .flat()
      .map((data) => ({
        data,
        cells: [data.name, data.x, data.y, data.interval ?? "", data.n ?? ""].map((text) => ({ text })),
      })),
    notes: [],
  });
}

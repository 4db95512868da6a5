import { OptionError } from "../../domain/errors/errors.js";
import { Chart } from "../chart.js";
import { chartTitle } from "../chart-frame.js";
import { axisNumber, type Fields } from "../layout/figure.js";
import { emptyOf, panelTraces } from "./panel-traces.js";

/** How panels are laid out. */
export interface PanelsOptions<K extends string = string> {
  /** The column of the rows whose values stand side by side; default none. */
  readonly columns?: K;
  /** The column of the rows whose values stand below each other; default none. */
  readonly rows?: K;
  /** The column that lines are told apart by; default the label. */
  readonly series?: K;
  /** The title above; default that of the charts. */
  readonly title?: string;
}

/** More panels than these are no figure. */
const MOST = 36;

/**
 * Several charts as one figure: a panel for each value of a column, side by side, below each other or both, with common axes, one
 * legend, and the same colour for the same name everywhere.
 *
 * @param rows of any kind.
 * @param chartOf makes the chart of one panel's rows, such as `load.chart`.
 * @throws OptionError for a column that no row has, where none is named, more than 36 panels, or a chart of several; and whatever
 * the chart throws.
 * @example charts.panels(rows, (own) => load.chart(own), { columns: "model" }).caption // "Time to first token under load: by model"
 */
export function panels<R extends object>(
  rows: readonly R[],
  chartOf: (rows: readonly R[]) => Chart,
  { columns, rows: down, series, title }: PanelsOptions<keyof R & string>,
): Chart {
  if (columns === undefined && down === undefined && series === undefined)
    throw new OptionError("columns", "or rows or series must name a column of the rows", "none");
  for (const [option, column] of Object.entries({ columns, rows: down, series })) {
    if (column !== undefined && rows.length > 0 && !rows.some((row) => Object.hasOwn(row, column)))
      throw new OptionError(option, "must be a column of the rows", column);
  }
  const named = series === undefined ? rows : rows.map((row) => ({ ...row, label: textOf(row[series]) }));
  const [across, below] = [columns, down].map((column) => valuesOf(named, column)) as [string[], string[]];
  if (across.length * below.length > MOST)
    throw new OptionError("panels", `must be at most ${MOST}`, `${below.length} × ${across.length}`);
  const sketches = below.flatMap((own) =>
    across.map((value) => {
      const { sketch } = chartOf(named.filter((one) => isOf(one, columns, value) && isOf(one, down, own)));
      return sketch.inPanels ?? sketch;
    }),
  );
  if (sketches.some(({ panels: own }) => own !== undefined))
    throw new OptionError("chartOf", "must draw a chart of one panel", "one of several");
  const first = sketches.find(({ data }) => data.length > 0) ?? sketches[0]!;
  const words = (first.layout.title ?? {}) as { text?: string; subtitle?: { text?: string } };
  const parted = [columns, down].filter((column) => column !== undefined).join(" and ");
  const [xaxis, yaxis] = (["xaxis", "yaxis"] as const).map((name) =>
    commonAxis(sketches.map(({ layout }) => layout[name] as Fields)),
  );
  // Rows of panels may measure different things on one scale, such as two metrics.
  const measureOf = (row: number): string => {
    const own = sketches.slice(row * across.length, (row + 1) * across.length);
    const shown = own.some(({ data }) => data.length > 0) ? own.filter(({ data }) => data.length > 0) : own;
    const titles = shown.map(({ layout }) => ((layout.yaxis as Fields).title ?? {}) as { text?: string });
    return [...new Set(titles.map(({ text = "" }) => text))].join(", ");
  };
  return new Chart({
    ...emptyOf(sketches),
    data: panelTraces(sketches),
    layout: {
      title: {
        text: title === undefined ? words.text : chartTitle(title, "").text,
        subtitle: {
          text: parted === "" ? words.subtitle?.text : chartTitle("", `by ${parted}`).subtitle.text,
        },
      },
      ...Object.fromEntries(
        sketches.flatMap((_, n) => [
          [`xaxis${axisNumber(n)}`, xaxis],
          [`yaxis${axisNumber(n)}`, { ...yaxis, title: { text: measureOf(Math.floor(n / across.length)) } }],
        ]),
      ),
    },
    panels: { across, below, common: { x: true, y: true } },
  });
}

/** One axis for all panels: logarithmic where one asks for it, with the marks of all. */
function commonAxis(axes: readonly Fields[]): Fields {
  const [base] = axes;
  const logarithmic = axes.filter(({ type }) => type === "log");
  if (logarithmic.length === 0) return base ?? {};
  const marks = new Map(
    logarithmic.flatMap(({ tickvals, ticktext }) => {
      const texts = ticktext as readonly string[] | undefined;
      return ((tickvals ?? []) as readonly number[]).map(
        (value, index) => [value, texts?.[index] ?? String(value)] as const,
      );
    }),
  );
  const sorted = [...marks].sort(([a], [b]) => a - b);
  return {
    ...logarithmic[0],
    ...(sorted.length > 0 && {
      tickvals: sorted.map(([value]) => value),
      ticktext: sorted.map(([, text]) => text),
    }),
  };
}

const textOf = (value: unknown): string => (value == null ? "not stated" : String(value));

const isOf = (row: object, column: string | undefined, value: string): boolean =>
  column === undefined || textOf(Reflect.get(row, column)) === value;

/** The values of a column in the order they come, numbers from the least on; of no column one panel. */
function valuesOf(rows: readonly object[], column: string | undefined): string[] {
  if (column === undefined) return [""];
  const values = [...new Set(rows.map((row) => Reflect.get(row, column) as unknown))];
  const ordered = values.every((value) => typeof value === "number")
    ? (values as number[]).sort((a, b) => a - b)
    : values;
  return ordered.length === 0 ? [""] : [...new Set(ordered.map(textOf))];
}

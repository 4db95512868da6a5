import { OptionError } from "../../domain/errors/errors.js";
import { Chart, escapePlotly } from "../chart.js";
import { chartTitle, legendFor } from "../chart-frame.js";
import { type Figure, LAYOUT, styleOf } from "../figure.js";

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

type Fields = Readonly<Record<string, unknown>>;

/** More panels than these are no figure. */
const MOST = 36;
/** Between two panels, as a share of the figure. */
const GAP = { x: 0.05, y: 0.1 };

/**
 * Several charts as one figure: a panel for each value of a column, side by side, below each other or both, with common axes, one
 * legend, and the same colour for the same name everywhere.
 *
 * @param rows of any kind.
 * @param chartOf makes the chart of one panel's rows, such as `load.chart`.
 * @throws OptionError for a column that no row has, where none is named, or more than 36 panels; and whatever
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
  const cells = below.flatMap((own, row) =>
    across.map((value, column) => {
      const inside = named.filter((one) => isOf(one, columns, value) && isOf(one, down, own));
      return { row, column, figure: chartOf(inside).figure };
    }),
  );
  return new Chart(figureOf(cells, { across, below, columns, down, title }));
}

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly figure: Figure;
}

function figureOf(
  cells: readonly Cell[],
  {
    across,
    below,
    columns,
    down,
    title,
  }: {
    readonly across: readonly string[];
    readonly below: readonly string[];
    readonly columns: string | undefined;
    readonly down: string | undefined;
    readonly title: string | undefined;
  },
): Figure {
  const styled = colours();
  const shown = new Set<unknown>();
  const data = cells.flatMap(({ figure }, place) =>
    figure.data.map((trace) => {
      const showlegend = trace.showlegend !== false && !shown.has(trace.name);
      shown.add(trace.name);
      const axis = place === 0 ? "" : String(place + 1);
      return { ...styled(trace), showlegend, legendgroup: trace.name, xaxis: `x${axis}`, yaxis: `y${axis}` };
    }),
  );
  const first = cells.find(({ figure }) => figure.data.length > 0) ?? cells[0];
  const [xaxis, yaxis] = (["xaxis", "yaxis"] as const).map((name) =>
    commonAxis(cells.map(({ figure }) => figure.layout[name] as Fields)),
  ) as [Fields, Fields];
  const axes = cells.flatMap(({ row, column }, place) => {
    const number = place === 0 ? "" : String(place + 1);
    const [isLowest, isLeftmost] = [row === below.length - 1, column === 0];
    return [
      [
        `xaxis${number}`,
        {
          ...xaxis,
          ...(isLowest ? {} : { title: undefined, showticklabels: false }),
          ...{ domain: share(column, across.length, GAP.x), anchor: `y${number}` },
          ...(place > 0 && { matches: "x" }),
        },
      ],
      [
        `yaxis${number}`,
        {
          ...yaxis,
          ...(isLeftmost ? {} : { title: undefined, showticklabels: false }),
          // The first row is the highest.
          ...{ domain: share(below.length - 1 - row, below.length, GAP.y), anchor: `x${number}` },
          ...(place > 0 && { matches: "y" }),
        },
      ],
    ] as const;
  });
  const names = [...shown].map(String);
  const frame = legendFor(names);
  const own = (first?.figure.layout.title ?? {}) as { text?: string; subtitle?: { text?: string } };
  const parted = [columns, down].filter((column) => column !== undefined).join(" and ");
  const by = parted === "" ? (own.subtitle?.text ?? "") : `by ${parted}`;
  return {
    data,
    layout: {
      ...LAYOUT,
      ...frame,
      width: Math.max(LAYOUT.width, 260 * across.length + 260),
      height: Math.max(frame.height, 210 * below.length + 180),
      title: { ...chartTitle(title ?? "", by), ...(title === undefined && { text: own.text ?? "" }) },
      ...Object.fromEntries(axes),
      annotations: [
        ...(columns === undefined
          ? []
          : across.map((value, index) =>
              heading(value, middle(share(index, across.length, GAP.x)), "above"),
            )),
        ...(down === undefined
          ? []
          : below.map((value, index) =>
              heading(value, middle(share(below.length - 1 - index, below.length, GAP.y)), "beside"),
            )),
      ],
      margin: { ...("margin" in frame ? frame.margin : LAYOUT.margin), t: LAYOUT.margin.t + 24 },
      ...(down !== undefined &&
        "x" in frame.legend &&
        frame.legend.x > 1 && { legend: { ...frame.legend, x: 1.06 } }),
      showlegend: true,
    },
  };
}

/** The part of a side that the n-th of so many panels takes. */
function share(index: number, count: number, gap: number): readonly [number, number] {
  const room = (1 - gap * (count - 1)) / count;
  const start = index * (room + gap);
  return [Math.max(0, start), Math.min(1, start + room)];
}

const middle = ([low, high]: readonly [number, number]): number => (low + high) / 2;

const heading = (value: string, at: number, place: "above" | "beside") => ({
  text: escapePlotly(value),
  ...{ xref: "paper", yref: "paper", showarrow: false },
  ...(place === "above"
    ? { x: at, xanchor: "center", y: 1, yanchor: "bottom" }
    : { x: 1, xanchor: "left", y: at, yanchor: "middle", textangle: 90 }),
});

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

/** Gives a trace the colour that its name's first one had: a label may have another place in each panel. */
function colours(): (trace: Fields) => Fields {
  const first = new Map<string, string>();
  return (trace) => {
    const group = String(trace.legendgroup ?? trace.name);
    const given = colourOf(trace);
    if (given === null) return trace;
    // A grey line is nobody's own.
    if (given === "#999999") return trace;
    const color = first.get(group) ?? styleOf(first.size).color;
    first.set(group, color);
    const painted = (key: string) =>
      typeof trace[key] === "object" && trace[key] !== null && "color" in trace[key]
        ? { [key]: { ...(trace[key] as Fields), color } }
        : {};
    return { ...trace, ...painted("line"), ...painted("marker"), ...painted("error_y") };
  };
}

function colourOf({ line, marker }: Fields): string | null {
  const color = (line as Fields | undefined)?.color ?? (marker as Fields | undefined)?.color;
  return typeof color === "string" ? color : null;
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

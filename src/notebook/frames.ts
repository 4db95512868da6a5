import { group as groupByKey } from "d3-array";
import { OptionError } from "../domain/errors/errors.js";
import { keyMeant } from "../domain/records/columns.js";
import { summary } from "../stats/summary.js";
import { type Cells, cellsOf, type Frame, type FrameRow, frameLike, known, rows } from "./frame.js";

/**
 * Several frames one below the other, with the columns of all of them and null where a frame lacks one.
 *
 * danfojs's own `concat` appends to the columns of its first frame, which can't be read afterwards.
 *
 * @param first the frame whose rows come first.
 * @param others the frames below it.
 * @example
 * const times = frame([{ label: "B", seconds: 0.4 }, { label: "A", seconds: 0.2 }], danfo);
 * rows(frames.concat(times, times)).length // 4
 */
export function concatFrames<F extends Frame>(first: F, ...others: readonly F[]): F {
  const all = [first, ...others];
  const columns = [...new Set(all.flatMap((one) => one.columns))];
  const cells = all.flatMap((one) => {
    const places = columns.map((column) => one.columns.indexOf(column));
    return cellsOf(one).map((row) => places.map((place) => row[place]));
  });
  return frameLike(first, columns, cells);
}

/**
 * The rows of a frame for which a condition holds.
 *
 * @param frame a danfojs frame; it is not changed.
 * @param keep the condition a row must meet.
 * @example
 * const times = frame([{ label: "B", seconds: 0.4 }, { label: "A", seconds: 0.2 }], danfo);
 * rows(frames.filter(times, (row) => row.seconds < 0.3)) // [{ label: "A", seconds: 0.2 }]
 */
export function filterFrame<F extends Frame>(frame: F, keep: (row: FrameRow) => boolean): F {
  const kept = rows(frame).map(keep);
  return frameLike(
    frame,
    frame.columns,
    cellsOf(frame).filter((_, index) => kept[index]),
  );
}

/**
 * A frame sorted by one column or several, rows that lack a value last, equal rows in their old order.
 *
 * danfojs's `sortValues` puts null first and NaN anywhere, and takes minutes for a million rows.
 *
 * @param frame a danfojs frame; it is not changed.
 * @param by a column, or several; among equal values of one column the next one decides.
 * @throws OptionError for an unknown column.
 * @example
 * const times = frame([{ label: "B", seconds: 0.4 }, { label: "A", seconds: 0.2 }], danfo);
 * rows(frames.sort(times, "seconds"))[0] // { label: "A", seconds: 0.2 }
 */
export function sortFrame<F extends Frame>(
  frame: F,
  by: string | readonly string[],
  {
    descending = false,
  }: {
    /** Whether the largest come first; default false. */
    readonly descending?: boolean;
  } = {},
): F {
  const places = placesOf(frame, by);
  const sorted = [...cellsOf(frame)].sort((a, b) => {
    for (const place of places) {
      const order = compare(known(a[place]), known(b[place]), descending);
      if (order !== 0) return order;
    }
    return 0;
  });
  return frameLike(frame, frame.columns, sorted);
}

/**
 * A frame for each group of a frame's rows, with the values its rows have in common, in order of first appearance.
 *
 * danfojs's `groupby` of several columns joins their values with "-", so that ("a-b", "c") and ("a", "b-c") are one.
 *
 * @param frame a danfojs frame; it is not changed.
 * @param by a column, or several.
 * @throws OptionError for an unknown column.
 * @example
 * const times = frame([{ label: "B", seconds: 0.4 }, { label: "A", seconds: 0.2 }], danfo);
 * frames.group(times, "label").map((group) => group.key) // [{ label: "B" }, { label: "A" }]
 */
export function groupFrame<F extends Frame>(
  frame: F,
  by: string | readonly string[],
): readonly { readonly key: FrameRow; readonly frame: F }[] {
  const places = placesOf(frame, by);
  return groupCells(frame, places).map((members) => ({
    key: Object.fromEntries(places.map((place) => [frame.columns[place]!, known(members[0]![place])])),
    frame: frameLike(frame, frame.columns, members),
  }));
}

/**
 * Statistics of a column in each group: n, how many are missing, mean, standard deviation, median, minimum and maximum.
 *
 * Missing values are counted, and in no statistic; the means of danfojs's groups treat null as 0.
 *
 * @param frame a danfojs frame; it is not changed.
 * @param column the column of numbers.
 * @throws OptionError for an unknown column, or one with anything but numbers.
 * @example
 * const times = frame([{ label: "B", seconds: 0.4 }, { label: "A", seconds: 0.2 }], danfo);
 * rows(frames.summarise(times, "seconds", { by: "label" }))[0].median // 0.4
 */
export function summariseFrame<F extends Frame>(
  frame: F,
  column: string,
  {
    by,
  }: {
    /** The column, or the columns, whose values make the groups. */
    readonly by: string | readonly string[];
  },
): F {
  const [measured] = placesOf(frame, column);
  const places = placesOf(frame, by);
  const summarised = groupCells(frame, places).map((members) => {
    const present = members.map((row) => known(row[measured!])).filter((cell) => cell !== null);
    const { n, mean, sd, median, min, max } =
      present.length === 0 ? NOTHING : summary(present.map((cell) => numberIn(column, cell)));
    const key = places.map((place) => members[0]![place]);
    return [...key, n, members.length - n, mean, sd, median, min, max];
  });
  const columns = [...places.map((place) => frame.columns[place]!), ...STATISTICS];
  return frameLike(frame, columns, summarised);
}

const STATISTICS = ["n", "missing", "mean", "sd", "median", "min", "max"] as const;
const NOTHING = { n: 0, mean: null, sd: null, median: null, min: null, max: null };

const groupCells = (frame: Frame, places: readonly number[]): Cells[][] => [
  ...groupByKey(cellsOf(frame), (row) => JSON.stringify(places.map((place) => row[place]))).values(),
];

/** The positions of columns in a frame's rows. */
function placesOf(frame: Frame, wanted: string | readonly string[]): number[] {
  return (typeof wanted === "string" ? [wanted] : wanted).map((name) => {
    const column = keyMeant(frame.columns, name);
    if (column !== undefined) return frame.columns.indexOf(column);
    throw new OptionError("column", `must be one of ${frame.columns.join(", ")}`, name);
  });
}

function numberIn(column: string, cell: unknown): number {
  if (typeof cell === "number") return cell;
  throw new OptionError(`column ${column}`, "must hold numbers", cell);
}

function compare(a: unknown, b: unknown, descending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const ascending =
    typeof a === "number" && typeof b === "number" ? a - b : compareTexts(String(a), String(b));
  return descending ? -ascending : ascending;
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

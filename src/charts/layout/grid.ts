import { axisNumber, type Panels } from "./figure.js";

/** Where the panels of a figure stand, in pixels of the plot. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** Of one panel. */
  readonly width: number;
  readonly height: number;
  /** Of all of them, with the gaps between. */
  readonly totalHeight: number;
  readonly cells: readonly Cell[];
}

/** One panel: its parts of the sides, as Plotly counts them from below, and what stands around it. */
export interface Cell {
  readonly number: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly isLeftmost: boolean;
  readonly isLowest: boolean;
  readonly above: string;
  readonly beside: string;
}

const ONE: Panels = { across: [""], below: [""], common: { x: true, y: true } };

/** A panel narrower than this stands below the one before instead. */
const NARROWEST = 120;
/** The height of a single plot: a share of its width, and its limits. */
const SHARE = 0.5;
const [LOWEST, HIGHEST] = [165, 330];
/** A panel's height: less of its width where there are many below each other. */
const LOWEST_PANEL = 110;

/**
 * Panels in a plot of a given width: as asked, or all below each other where they would be too narrow.
 *
 * @param fixedHeight of the whole plot; default by its width.
 */
export function gridOf(
  panels: Panels = ONE,
  plotWidth: number,
  fontSize: number,
  fixedHeight?: number,
): Grid {
  const { common } = panels;
  const gapX = (common.y ? 1.5 : 6) * fontSize;
  const widthOf = (columns: number) => (plotWidth - gapX * (columns - 1)) / columns;
  const { length: across } = panels.across;
  const stacked = across > 1 && widthOf(across) < NARROWEST;
  const columns = stacked ? 1 : across;
  const rows = stacked ? across * panels.below.length : panels.below.length;
  const width = widthOf(columns);
  // Between rows stand the axis of the upper one, where it has its own, and a heading.
  const gapY = ((common.x ? 1 : 4) + (stacked ? 1.6 : 0)) * fontSize;
  const isOne = columns * rows === 1;
  const usual = isOne
    ? Math.min(HIGHEST, Math.max(LOWEST, SHARE * width))
    : Math.min(HIGHEST, Math.max(rows > 1 ? LOWEST_PANEL : LOWEST, (rows > 1 ? 0.45 : 0.75) * width));
  const height = fixedHeight === undefined ? usual : Math.max(1, (fixedHeight - gapY * (rows - 1)) / rows);
  const totalHeight = rows * height + gapY * (rows - 1);
  const cells = panels.below.flatMap((beside, row) =>
    panels.across.map((above, column): Cell => {
      const n = row * across + column;
      const [atRow, atColumn] = stacked ? [n, 0] : [row, column];
      const left = atColumn * (width + gapX);
      const top = atRow * (height + gapY);
      return {
        number: axisNumber(n),
        x: [left / plotWidth, Math.min(1, (left + width) / plotWidth)],
        y: [Math.max(0, 1 - (top + height) / totalHeight), 1 - top / totalHeight],
        isLeftmost: atColumn === 0,
        isLowest: atRow === rows - 1,
        above: stacked ? [above, beside].filter(Boolean).join(" · ") : row === 0 ? above : "",
        beside: stacked || atColumn < columns - 1 ? "" : beside,
      };
    }),
  );
  return { columns, rows, width, height, totalHeight, cells };
}

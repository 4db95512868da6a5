/** A Plotly figure: plain data that any Plotly draws, in a notebook or a page. */
export interface Figure {
  readonly data: readonly Fields[];
  readonly layout: Fields;
}

/** Fields of Plotly's. */
export type Fields = Readonly<Record<string, unknown>>;

/** A figure that has no size yet: what it shows, without places for its names, titles and panels. */
export interface Sketch extends Figure {
  /** Its panels, of which the n-th has the axes `xaxis` and `yaxis` with that number; none for a single plot. */
  readonly panels?: Panels;
  /** The lines of text that a vertical axis of names needs; default a height by the width. */
  readonly lines?: number;
  /** Why it shows nothing, where it has no points; default what stands below its title. */
  readonly empty?: string;
  /** The same as a plot that can share its axes with other panels; default the sketch itself. */
  readonly inPanels?: Sketch;
}

/** Panels in rows and columns. */
export interface Panels {
  /** What stands above each column; empty for nothing. */
  readonly across: readonly string[];
  /** What stands beside each row, the highest first. */
  readonly below: readonly string[];
  /** Which axes are the same in all panels, and so stand at the edges alone. */
  readonly common: { readonly x: boolean; readonly y: boolean };
}

/** The number of the n-th panel in the names of its axes: none for the first. */
export const axisNumber = (panel: number): string => (panel === 0 ? "" : String(panel + 1));

/** A Plotly figure: plain data that any Plotly draws, in a notebook or a page. */
export interface Figure {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly layout: Readonly<Record<string, unknown>>;
}

/** A Plotly figure: plain data that any Plotly draws, in a notebook or a page. */
export interface Figure {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly layout: Readonly<Record<string, unknown>>;
}

/**
 * Colours that people with any colour vision can distinguish: Okabe and Ito's palette without the yellow, which is hard to
 * see on white paper (https://jfly.uni-koeln.de/color/).
 */
const COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"] as const;

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross"] as const;

/** The colour and marker of the n-th label, from 0; after seven labels the colours repeat with another marker. */
export function styleOf(index: number): { readonly color: string; readonly symbol: string } {
  return {
    color: COLORS[index % COLORS.length]!,
    symbol: SYMBOLS[Math.floor(index / COLORS.length) % SYMBOLS.length]!,
  };
}

/** What every chart has in common: white paper, dark text, thin grey grid. */
export const LAYOUT = {
  width: 760,
  height: 460,
  paper_bgcolor: "#ffffff",
  plot_bgcolor: "#ffffff",
  font: { family: "Arial, Helvetica, sans-serif", size: 13, color: "#222222" },
  margin: { l: 76, r: 24, t: 76, b: 64 },
} as const;

/** What every axis has in common. */
export const AXIS = {
  showline: true,
  linecolor: "#444444",
  gridcolor: "#e6e6e6",
  zeroline: false,
  ticks: "outside",
  tickcolor: "#444444",
  exponentformat: "none",
  // The static picture is drawn where text has no measured position, so no label may be hidden because of its position.
  ticklabeloverflow: "allow",
} as const;

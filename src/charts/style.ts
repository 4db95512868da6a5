/**
 * Colours that people with any colour vision can distinguish: Okabe and Ito's palette without the yellow, which is hard to
 * see on white paper (https://jfly.uni-koeln.de/color/), in an order in which the first four differ in grey too.
 */
export const COLORS = ["#0072B2", "#E69F00", "#000000", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"] as const;

const SYMBOLS = [
  "circle",
  "square",
  "diamond",
  "triangle-up",
  "cross",
  "x",
  "triangle-down",
  "star",
] as const;

/** The colour and the mark of the n-th label, from 0: no two of 56 have both in common, and of 8 each has a mark of its own. */
export function styleOf(index: number): { readonly color: string; readonly symbol: string } {
  return { color: COLORS[index % COLORS.length]!, symbol: SYMBOLS[index % SYMBOLS.length]! };
}

/** The colour of lines that belong to no label. */
export const GREY = "#767676";

/** What every axis has in common. */
export const AXIS = {
  showline: true,
  linecolor: "#444444",
  gridcolor: "#e6e6e6",
  zeroline: false,
  ticks: "outside",
  tickcolor: "#444444",
  tickangle: 0,
  exponentformat: "none",
  // The static picture is drawn where text has no measured position, so no label may be hidden because of its position.
  ticklabeloverflow: "allow",
} as const;

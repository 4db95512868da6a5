import { LAYOUT } from "./theme.js";

/** The height of a name in the legend, its share of the gaps included. */
const NAME_HEIGHT = 24;

/** Beside the plot; below it where the names are long. The picture grows with it: a legend must not be cut. */
export function legendFor(names: readonly string[]) {
  const { height, margin } = LAYOUT;
  const room = NAME_HEIGHT * names.length;
  if (names.every((name) => name.length <= 36)) {
    return {
      height: Math.max(height, margin.t + room + margin.b),
      legend: { x: 1.02, xanchor: "left", y: 1, yanchor: "top" },
    };
  }
  return {
    height: height + room,
    legend: { x: 0, xanchor: "left", y: 0, yref: "container", yanchor: "bottom" },
    margin: { ...margin, b: margin.b + room },
  };
}

import { Chart } from "../chart.js";
import { axisNumber } from "../layout/figure.js";
import { emptyOf, panelTraces } from "./panel-traces.js";

/**
 * Charts against the same thing beside each other as one figure, each with a vertical axis of its own: one legend, and one colour
 * for a name. The lines below the title are those of all.
 */
export function beside(title: string, charts: readonly Chart[]): Chart {
  const sketches = charts.map(({ sketch }) => sketch);
  const subtitles = sketches.map(({ layout }) => {
    const { subtitle } = (layout.title ?? {}) as { subtitle?: { text?: string } };
    return subtitle?.text ?? "";
  });
  return new Chart({
    ...emptyOf(sketches),
    data: panelTraces(sketches),
    layout: {
      title: { text: title, subtitle: { text: [...new Set(subtitles)].filter(Boolean).join("<br>") } },
      ...Object.fromEntries(
        sketches.flatMap(({ layout }, n) => [
          [`xaxis${axisNumber(n)}`, layout.xaxis],
          [`yaxis${axisNumber(n)}`, layout.yaxis],
        ]),
      ),
    },
    panels: { across: charts.map(() => ""), below: [""], common: { x: true, y: false } },
  });
}

import { escapePlotly, unescapePlotly } from "./layout/escape-plotly.js";
import type { Figure, Sketch } from "./layout/figure.js";
import { fitted, SCREEN } from "./layout/fitted.js";
import type { SaveOptions } from "./save-chart.js";

/** A chart: its Plotly figure, and a static picture of it. */
export class Chart {
  /** JSON for Plotly, as in `application/vnd.plotly.v1+json`, at the size of a screen. */
  readonly figure: Figure;
  /** What the figure shows, at no size yet. */
  readonly sketch: Sketch;

  constructor(sketch: Sketch) {
    this.sketch = sketch.data.length > 0 ? sketch : saidToBeEmpty(sketch);
    this.figure = fitted(this.sketch, SCREEN);
  }

  /** The chart as a standalone SVG text; the same figure gives the same text. Takes about a second. */
  async svg(): Promise<string> {
    const { staticSvg } = await import("./static-svg.js");
    return staticSvg(this.figure);
  }

  /**
   * Writes the chart as SVG, PNG or PDF, by the path's ending, at a given size; by default 8.5 cm (a column) in print, 760
   * pixels on the screen. In print there is no title; `caption` has its words. PDF and PNG are set in Arimo. A folder that is not
   * there is made.
   *
   * @throws OptionError for another ending, a size out of range or what is no font; FirstTokenError if it can't be written, or if
   * a letter of a PNG or PDF is in no font.
   * @example await ttft.chart(rows).save("ttft.pdf", { widthCm: 8.5, theme: "print" })
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    const { saveChart } = await import("./save-chart.js");
    return saveChart(this.sketch, path, options);
  }

  /** What the chart shows, in one line of plain text: its title and the line below it. */
  get caption(): string {
    const { title } = this.sketch.layout as { title?: { text?: string; subtitle?: { text?: string } } };
    return unescapePlotly(
      [title?.text, title?.subtitle?.text].filter(Boolean).join(": ").replaceAll("<br>", " "),
    );
  }

  toJSON(): Figure {
    return this.figure;
  }
}

/** A figure without a point: no axes, and a sentence in their place. */
function saidToBeEmpty({ data, layout, empty }: Sketch): Sketch {
  const { text, subtitle } = (layout.title ?? {}) as { text?: string; subtitle?: { text?: string } };
  const reason = empty === undefined ? subtitle?.text : escapePlotly(empty);
  const why = reason ? `: ${reason}` : "";
  // What the points would be is not said of none.
  const title = empty === undefined ? layout.title : { text };
  const sentence = {
    ...{ text: `Nothing to show${why}`, showarrow: false, x: 0.5, y: 0.5, xref: "paper", yref: "paper" },
  };
  const hidden = { visible: false, range: [0, 1] };
  return {
    ...(empty !== undefined && { empty }),
    data,
    layout: { title, annotations: [sentence], xaxis: hidden, yaxis: hidden },
  };
}

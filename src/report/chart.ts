import type { Figure } from "./figure.js";

/** A chart: its Plotly figure, and a static picture of it. */
export class Chart {
  /** JSON for Plotly, as in `application/vnd.plotly.v1+json`. */
  readonly figure: Figure;

  constructor(figure: Figure) {
    this.figure = figure;
  }

  /** The chart as a standalone SVG text; the same figure gives the same text. Takes about a second. */
  async svg(): Promise<string> {
    const { staticSvg } = await import("./static-svg.js");
    return staticSvg(this.figure);
  }

  /** What the chart shows, in one line of plain text: its title and the line below it. */
  get caption(): string {
    const { title } = this.figure.layout as { title?: { text?: string; subtitle?: { text?: string } } };
    return [title?.text, title?.subtitle?.text]
      .filter(Boolean)
      .join(": ")
      .replace(/&(?:lt|gt|amp);/g, plain);
  }

  toJSON(): Figure {
    return this.figure;
  }
}

const plain = (entity: string): string => (entity === "&lt;" ? "<" : entity === "&gt;" ? ">" : "&");

/** Text that Plotly shows as it is: it reads tags and entities in every label. */
export function escapePlotly(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

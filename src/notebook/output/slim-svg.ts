/** Declarations that repeat the default. */
const DEFAULTS = new Set(["stroke-opacity: 1", "fill-opacity: 1", "opacity: 1", "vector-effect: none"]);

/**
 * Plotly's SVG without what only Plotly reads: classes, empty groups and styles that repeat the default. The picture stays
 * the same at half the size, which matters in a notebook with many charts.
 */
export function slimSvg(svg: string): string {
  // Between "<" and ">" there is no text of the reader's: both are escaped in text and attributes alike.
  let slim = svg.replace(/<[^<>]*>/g, (tag) =>
    tag.replace(/ (?:class|data-[\w-]+)="[^"]*"/g, "").replace(/ style="([^"]*)"/g, (_, style: string) => {
      const kept = slimStyle(style);
      return kept === "" ? "" : ` style="${kept}"`;
    }),
  );
  for (let before = ""; before !== slim; ) {
    before = slim;
    slim = slim.replace(/<g(?: [^<>]*)?(?:\/>|><\/g>)|<path\/>/g, "");
  }
  return slim.replace(/<g>((?:<path [^<>]*\/>)*)<\/g>/g, "$1");
}

function slimStyle(style: string): string {
  return style
    .split(/; ?/)
    .filter((declaration) => declaration !== "" && !DEFAULTS.has(declaration))
    .map((declaration) =>
      declaration
        .replace(": ", ":")
        .replace(/rgb\((\d+), (\d+), (\d+)\)/, (_, ...channels: string[]) => hex(channels.slice(0, 3))),
    )
    .join(";");
}

const hex = (channels: readonly string[]): string =>
  `#${channels.map((channel) => Number(channel).toString(16).padStart(2, "0")).join("")}`;

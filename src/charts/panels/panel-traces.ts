import { axisNumber, type Fields, type Sketch } from "../layout/figure.js";
import { GREY, styleOf } from "../style.js";

/** The traces of several sketches, each on the axes of its panel: a name has one colour everywhere, and stands in the legend once. */
export function panelTraces(sketches: readonly Sketch[]): Fields[] {
  const styled = colours();
  const shown = new Set<unknown>();
  return sketches.flatMap(({ data }, n) =>
    data.map((trace) => {
      const showlegend = trace.showlegend !== false && !shown.has(trace.name);
      shown.add(trace.name);
      const [xaxis, yaxis] = [`x${axisNumber(n)}`, `y${axisNumber(n)}`];
      return { ...styled(trace), showlegend, legendgroup: trace.name, xaxis, yaxis };
    }),
  );
}

/** Gives a trace the colour and the mark that its name's first one had: a label may have another place in each panel. */
function colours(): (trace: Fields) => Fields {
  const first = new Map<string, ReturnType<typeof styleOf>>();
  return (trace) => {
    const group = String(trace.legendgroup ?? trace.name);
    const given = colourOf(trace);
    if (given === null) return trace;
    // A grey line is nobody's own.
    if (given === GREY) return trace;
    const style = first.get(group) ?? styleOf(first.size);
    first.set(group, style);
    const painted = (key: string) => {
      const part = trace[key] as Fields | undefined;
      if (part === undefined || !("color" in part)) return {};
      const { symbol } = part;
      const mark = Array.isArray(symbol)
        ? symbol.map((one) => withMark(String(one), style.symbol))
        : typeof symbol === "string" && withMark(symbol, style.symbol);
      return { [key]: { ...part, color: style.color, ...(mark && { symbol: mark }) } };
    };
    return { ...trace, ...painted("line"), ...painted("marker"), ...painted("error_y") };
  };
}

/** A mark in place of another, hollow where that is; the bar of a median stays a bar. */
const withMark = (given: string, mark: string): string =>
  given.startsWith("line-") ? given : given.endsWith("-open") ? `${mark}-open` : mark;

function colourOf({ line, marker }: Fields): string | null {
  const color = (line as Fields | undefined)?.color ?? (marker as Fields | undefined)?.color;
  return typeof color === "string" ? color : null;
}

/** Why none of the panels shows anything. */
export function emptyOf(sketches: readonly Sketch[]): Pick<Sketch, "empty"> {
  const reasons = [...new Set(sketches.flatMap(({ empty }) => empty ?? []))];
  return reasons.length === 0 ? {} : { empty: reasons.join("; ") };
}

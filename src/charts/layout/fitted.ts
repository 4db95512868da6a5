import { largest } from "../../domain/extremes.js";
import { rangeOf, valuesOn } from "./axis-range.js";
import { escapePlotly, unescapePlotly } from "./escape-plotly.js";
import type { Fields, Figure, Panels, Sketch } from "./figure.js";
import { type Cell, type Grid, gridOf } from "./grid.js";
import { type Key, legendBelow, namesAtEnds } from "./key.js";
import { linesOf, oneLine } from "./lines.js";
import { textWidth } from "./text-box.js";
import { thinned } from "./ticks.js";

/** What a figure is fitted to. */
export interface Frame {
  readonly width: number;
  /** Default: what the plot, its title and its legend need. */
  readonly height?: number;
  readonly fontSize: number;
  /** Of the title; null for none, because a caption says it. */
  readonly titleSize: number | null;
}

/** The screen of a computer and that of a phone. */
export const SCREEN: Frame = { width: 760, fontSize: 13, titleSize: 17 };
export const PHONE: Frame = { width: 350, fontSize: 12, titleSize: 15 };

const LINE = 1.3;
/** A single plot has no axis twice. */
const ALL: Panels["common"] = { x: true, y: true };
/** The most of a picture's width that names beside an axis take. */
const NAMES = 0.32;
/** Around the whole picture. */
const EDGE = 12;
/** From ticks to the labels, and from these to the title of the axis. */
const TICK = 5;
const STANDOFF = 8;

/**
 * A sketch at a size: every text where it meets no other and is cut by no edge, by the widths of Arial's letters. Lines are named
 * at their ends where these are apart, else in a legend below.
 */
export function fitted({ data, layout: given, panels, lines }: Sketch, frame: Frame): Figure {
  const { width, fontSize } = frame;
  const layout = withNamesBroken(given, NAMES * width, fontSize);
  const heading = headingOf(layout, frame);
  const left = widestLabel(layout, data, fontSize) + TICK + STANDOFF + LINE * fontSize;
  const side = panels?.below.some(Boolean) ? 1.8 * fontSize : widthBeside(layout, fontSize);
  const rightOf = (key: Key) => side + key.right + EDGE;
  const above = heading.height + (panels?.across.some(Boolean) ? 1.8 * fontSize : 0);
  const axisHeight = TICK + STANDOFF + (panels === undefined ? 2 : 2.6) * LINE * fontSize;
  const plotWidth = Math.max(40, width - left - 2 * EDGE - side);
  const legend = legendBelow(data, { plotWidth, fontSize });
  const around = (key: Key) => above + axisHeight + key.below + EDGE;
  const gridFor = (key: Key) =>
    gridOf(
      panels,
      Math.max(40, width - left - EDGE - rightOf(key)),
      fontSize,
      frame.height === undefined ? lines && lines * fontSize : frame.height - around(key),
    );
  const beside = panels === undefined ? plotNames(data, layout, gridFor(legend).height, frame) : null;
  const key = beside ?? legend;
  const grid = gridFor(key);
  const axes = grid.cells.flatMap((cell) =>
    axesOf(cell, grid, { data, layout, fontSize }, panels?.common ?? ALL),
  );
  const height = Math.round(frame.height ?? around(key) + grid.totalHeight);
  return {
    data: key.data,
    layout: {
      ...{ paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff" },
      ...layout,
      title: undefined,
      width,
      height,
      font: { family: "Arial, Helvetica, sans-serif", size: fontSize, color: "#222222" },
      margin: { l: EDGE, r: rightOf(key), t: above, b: axisHeight + key.below, pad: 0 },
      // The place of the first line's foot: Plotly would put the top of several lines above the picture.
      ...(heading.title !== undefined && {
        title: { ...heading.title, y: 1 - (EDGE + 0.8 * heading.title.font.size) / height },
      }),
      hoverlabel: { align: "left" },
      ...Object.fromEntries(axes),
      annotations: [
        ...((layout.annotations ?? []) as readonly Fields[]).map((words) => ({
          ...words,
          text: broken(String(words.text), grid.width, fontSize),
        })),
        ...key.annotations,
        ...grid.cells.flatMap((cell) => headingsOf(cell, grid, fontSize)),
        ...sharedTitle(layout, grid, panels?.common ?? ALL, fontSize),
      ],
      ...key.layout,
    },
  };
}

/** An escaped text in lines that fit, as Plotly breaks them. */
const broken = (text: string, width: number, fontSize: number, most?: number): string =>
  text
    .split("<br>")
    .flatMap((line) => linesOf(unescapePlotly(line), width, fontSize, most))
    .map(escapePlotly)
    .join("<br>");

/** Title and subtitle in as many lines as the width asks for, from the left edge. */
function headingOf(layout: Fields, { width, fontSize, titleSize }: Frame) {
  const { text = "", subtitle } = (layout.title ?? {}) as { text?: string; subtitle?: { text?: string } };
  if (titleSize === null) return { title: undefined, height: EDGE };
  const room = width - 2 * EDGE;
  const [lines, below] = [text, subtitle?.text ?? ""].map((given, i) =>
    broken(given, room, i === 0 ? titleSize : fontSize)
      .split("<br>")
      .filter(Boolean),
  ) as [string[], string[]];
  const titleHeight = LINE * titleSize * lines.length;
  return {
    height: EDGE + titleHeight + (below.length === 0 ? 0 : 6 + LINE * fontSize * below.length) + 12,
    title: {
      text: lines.join("<br>"),
      font: { size: titleSize },
      subtitle: { text: below.join("<br>"), font: { size: fontSize } },
      ...{
        x: 0,
        xref: "container",
        xanchor: "left",
        pad: { l: EDGE, b: 0 },
        yref: "container",
        yanchor: "bottom",
      },
    },
  };
}

/** The width of what stands beside the plot, such as a number beside each row. */
function widthBeside({ annotations = [] }: Fields, fontSize: number): number {
  const beside = (annotations as readonly Fields[]).filter(({ x, xanchor }) => x === 1 && xanchor === "left");
  const widths = beside.map(({ text, xshift = 0 }) => Number(xshift) + textWidth(String(text), fontSize));
  return largest([0, ...widths]);
}

/** Axes of names with each name on as many lines as it needs, two at most. */
function withNamesBroken(layout: Fields, width: number, fontSize: number): Fields {
  const axes = Object.entries(layout).filter(([, axis]) => (axis as Fields | undefined)?.named === true);
  return {
    ...layout,
    ...Object.fromEntries(
      axes.map(([key, axis]) => {
        const { ticktext } = axis as { ticktext: readonly string[] };
        return [
          key,
          { ...(axis as Fields), ticktext: ticktext.map((name) => broken(name, width, fontSize, 2)) },
        ];
      }),
    ),
  };
}

/** The widest label of the vertical axes; of one whose ticks Plotly chooses, about that of its largest value. */
function widestLabel(layout: Fields, data: readonly Fields[], fontSize: number): number {
  const widths = Object.entries(layout).flatMap(([name, axis]) => {
    const [, number] = /^yaxis(\d*)$/.exec(name) ?? [];
    if (number === undefined) return [];
    const { ticktext } = axis as { ticktext?: readonly string[] };
    const most = Math.round(largest(valuesOn(data, "y", number)));
    const texts = ticktext ?? [Number.isFinite(most) ? `${most.toLocaleString("en-US")}.0` : "0.0"];
    return texts.map((text) =>
      largest(
        unescapePlotly(text)
          .split("<br>")
          .map((line) => textWidth(line, fontSize)),
      ),
    );
  });
  return Math.max(0, largest(widths));
}

function plotNames(data: readonly Fields[], layout: Fields, height: number, frame: Frame): Key | null {
  const axis = (layout.yaxis ?? {}) as Fields;
  const range = rangeOf(axis, valuesOn(data, "y", ""));
  const isOnePlot = data.every(({ xaxis = "x", yaxis = "y" }) => xaxis === "x" && yaxis === "y");
  return range === null || !isOnePlot ? null : namesAtEnds(data, { axis, range, height }, frame);
}

/** The two axes of a panel: their places, ends and ticks. Those that are common have words at the edges alone. */
function axesOf(
  { number, x, y, isLeftmost, isLowest }: Cell,
  { width, height, columns }: Grid,
  { data, layout, fontSize }: { data: readonly Fields[]; layout: Fields; fontSize: number },
  common: Panels["common"],
): (readonly [string, Fields])[] {
  return (["x", "y"] as const).map((letter) => {
    const { round: _round, named: _named, ...axis } = (layout[`${letter}axis${number}`] ?? {}) as Fields;
    const given = layout[`${letter}axis${number}`] as Fields | undefined;
    const isCommon = common[letter];
    const values = isCommon ? commonValues(data, letter) : valuesOn(data, letter, number);
    const range = rangeOf(axis, values);
    const across = letter === "x";
    const pixels = across ? width : height;
    const isShown = !isCommon || (across ? isLowest : isLeftmost);
    const text = (axis.title as { text?: string } | undefined)?.text ?? "";
    const hasTitle = isShown && !(across && isCommon && columns > 1);
    return [
      `${letter}axis${number}`,
      {
        ...axis,
        ...(range !== null && { range: [...range] }),
        ...(range !== null &&
          given !== undefined &&
          thinned(given, { range, pixels, fontSize, direction: across ? "across" : "up" })),
        title: hasTitle
          ? { text: broken(text, pixels, fontSize, 2), standoff: STANDOFF, font: { size: fontSize } }
          : undefined,
        showticklabels: isShown,
        ticklen: TICK,
        automargin: true,
        domain: across ? [...x] : [...y],
        anchor: `${across ? "y" : "x"}${number}`,
        ...(isCommon && number !== "" && { matches: letter }),
      },
    ] as const;
  });
}

/** What all panels show, where their axes are the same. */
const commonValues = (data: readonly Fields[], letter: "x" | "y"): number[] =>
  [...new Set(data.map((trace) => String(trace[`${letter}axis`] ?? letter).slice(1)))].flatMap((number) =>
    valuesOn(data, letter, number),
  );

function headingsOf({ x, y, above, beside }: Cell, { width, height }: Grid, fontSize: number): Fields[] {
  const common = { xref: "paper", yref: "paper", showarrow: false, borderpad: 0 };
  return [
    ...(above === ""
      ? []
      : [
          {
            ...{ ...common, text: escapePlotly(oneLine(above, width, fontSize)) },
            ...{ x: (x[0] + x[1]) / 2, xanchor: "center", y: y[1], yanchor: "bottom", yshift: 2 },
          },
        ]),
    ...(beside === ""
      ? []
      : [
          {
            ...{ ...common, text: escapePlotly(oneLine(beside, height, fontSize)), textangle: 90 },
            ...{ x: 1, xanchor: "left", xshift: 4, y: (y[0] + y[1]) / 2, yanchor: "middle" },
          },
        ]),
  ];
}

/** The words of an axis that stands below several panels, once. */
function sharedTitle(
  layout: Fields,
  { columns }: Grid,
  { x: isShared }: Panels["common"],
  fontSize: number,
): Fields[] {
  if (!isShared || columns < 2) return [];
  const { text = "" } = ((layout.xaxis as Fields | undefined)?.title ?? {}) as { text?: string };
  return [
    {
      ...{ text, xref: "paper", yref: "paper", showarrow: false, borderpad: 0 },
      ...{ x: 0.5, xanchor: "center", y: 0, yanchor: "top", yshift: -(TICK + STANDOFF + LINE * fontSize) },
    },
  ];
}

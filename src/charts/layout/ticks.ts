import { placeOn } from "./axis-range.js";
import type { Fields } from "./figure.js";
import { textWidth } from "./text-box.js";

/** An axis that is drawn. */
export interface DrawnAxis {
  readonly range: readonly [number, number];
  readonly pixels: number;
  readonly fontSize: number;
  readonly direction: "across" | "up";
}

/** Between two labels, in font sizes. */
const APART = { across: 0.9, up: 0.35 };

/**
 * The ticks of an axis that names its own: every second or third power of ten, or as many of the measured values as there is
 * room for, so that no label meets the next.
 */
export function thinned(axis: Fields, drawn: DrawnAxis): Fields {
  const { tickvals, ticktext } = axis as { tickvals?: readonly number[]; ticktext?: readonly string[] };
  if (tickvals === undefined || ticktext === undefined || axis.named === true) return {};
  const all = tickvals
    .map((value, i) => ({ value, text: ticktext[i]!, place: placeOn(axis, drawn.range, value) }))
    .filter(({ place }) => place >= -1e-9 && place <= 1 + 1e-9)
    .sort((a, b) => a.value - b.value);
  const kept =
    (axis.round === true ? roundSets(all) : []).find((set) => set.length > 1 && allApart(set, drawn)) ??
    greedy(all, drawn);
  return { tickvals: kept.map(({ value }) => value), ticktext: kept.map(({ text }) => text) };
}

interface Tick {
  readonly value: number;
  readonly text: string;
  readonly place: number;
}

/** All ticks; and of round ones those with the digits 1, 2 and 5, 1 and 3, and 1 alone. */
function roundSets(all: readonly Tick[]): (readonly Tick[])[] {
  const digitOf = ({ value }: Tick) => Number(value.toExponential().split("e")[0]);
  return [
    all,
    ...[[1, 2, 5], [1, 3], [1]].map((digits) => all.filter((tick) => digits.includes(digitOf(tick)))),
  ];
}

function allApart(ticks: readonly Tick[], drawn: DrawnAxis): boolean {
  return ticks.every((tick, i) => i === 0 || areApart(ticks[i - 1]!, tick, drawn));
}

/** From the first on, each that does not meet the one before. */
function greedy(ticks: readonly Tick[], drawn: DrawnAxis): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    const before = kept.at(-1);
    if (before === undefined || areApart(before, tick, drawn)) kept.push(tick);
  }
  return kept;
}

function areApart(a: Tick, b: Tick, { pixels, fontSize, direction }: DrawnAxis): boolean {
  const needed =
    direction === "up" ? fontSize : (textWidth(a.text, fontSize) + textWidth(b.text, fontSize)) / 2;
  return Math.abs(b.place - a.place) * pixels >= needed + APART[direction] * fontSize;
}

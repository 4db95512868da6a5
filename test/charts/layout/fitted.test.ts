import { describe, expect, it } from "vitest";
import { countAxis, msAxis } from "../../../src/charts/chart-frame.js";
import type { Sketch } from "../../../src/charts/layout/figure.js";
import { fitted, PHONE, SCREEN } from "../../../src/charts/layout/fitted.js";
import { printFigure, UNITS_PER_POINT } from "../../../src/charts/layout/print-theme.js";

/** Lines from 1 to 4,096 tokens that end at these milliseconds. */
const sketch = (ends: Readonly<Record<string, number>>, x = [512, 1_024, 2_048, 4_096]): Sketch => {
  const data = Object.entries(ends).map(([name, end]) => ({
    ...{ type: "scatter", mode: "lines+markers", name },
    x,
    y: x.map((tokens) => (end * tokens) / x.at(-1)!),
  }));
  return {
    data,
    layout: {
      title: { text: "Title", subtitle: { text: "below" } },
      xaxis: countAxis("context (tokens)", x),
      yaxis: msAxis(
        "TTFT",
        data.flatMap(({ y }) => y),
        x,
      ),
    },
  };
};

const namesOf = ({ layout }: ReturnType<typeof fitted>) =>
  (layout.annotations as readonly { text: string }[]).map(({ text }) => text);

describe("a fitted figure", () => {
  it("names lines at their ends where these are apart, and in a legend below where they are not", () => {
    const apart = fitted(sketch({ cold: 1_000, warm: 20 }), SCREEN);
    expect(namesOf(apart)).toEqual(["cold", "warm"]);
    expect(apart.layout.showlegend).toBe(false);
    const together = fitted(sketch({ one: 1_000, other: 990 }), SCREEN);
    expect(namesOf(together)).toEqual([]);
    expect(together.layout).toMatchObject({ showlegend: true, legend: { orientation: "h", y: 0 } });
  });

  it("has a legend where lines end at different places, or a name would take a third of the width", () => {
    const { data, layout } = sketch({ a: 1_000, b: 20 });
    const shorter = { ...data[1]!, x: [512, 1_024], y: [1, 2] };
    expect(fitted({ data: [data[0]!, shorter], layout }, SCREEN).layout.showlegend).toBe(true);
    const long = sketch({ ["a name that is long".repeat(3)]: 1_000, b: 20 });
    expect(fitted(long, PHONE).layout.showlegend).toBe(true);
  });

  it("grows with its legend and its title, and keeps the plot as it is", () => {
    const heightOf = (labels: number) =>
      fitted(
        sketch(Object.fromEntries(Array.from({ length: labels }, (_, i) => [`server ${i}`, 500 + i]))),
        PHONE,
      ).layout.height as number;
    expect(heightOf(12)).toBeGreaterThan(heightOf(4) + 30);
  });

  it("leaves out the labels of ticks for which there is no room, and shows each as what it is", () => {
    const ticks = (sizes: readonly number[], frame = PHONE) =>
      (fitted(sketch({ a: 1_000 }, [...sizes]), frame).layout.xaxis as { ticktext: string[] }).ticktext;
    expect(ticks([0.5, 1, 2])).toEqual(["0.5", "1", "2"]);
    expect(ticks([1, 10, 12, 100])).toEqual(["1", "10", "100"]);
    const doubling = Array.from({ length: 12 }, (_, i) => 64 * 2 ** i);
    expect(ticks(doubling, SCREEN).length).toBeGreaterThan(ticks(doubling).length);
  });

  it("is in print as wide as a column, in type of 7.5 points", () => {
    for (const millimetres of [84, 90, 174, 180]) {
      const { layout } = printFigure(sketch({ a: 1_000, b: 20 }), (millimetres / 25.4) * 72);
      expect(((layout.width as number) / UNITS_PER_POINT / 72) * 25.4).toBeCloseTo(millimetres, 9);
      expect((layout.font as { size: number }).size / UNITS_PER_POINT).toBe(7.5);
    }
  });

  it("says why it is empty, without axes", async () => {
    const { Chart } = await import("../../../src/charts/chart.js");
    const { layout } = new Chart({ ...sketch({}), data: [] }).figure;
    expect(namesOf({ data: [], layout })).toEqual(["Nothing to show: below"]);
    expect(layout.xaxis).toMatchObject({ visible: false });
  });
});

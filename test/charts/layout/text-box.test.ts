import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { textBox } from "../../../src/charts/layout/text-box.js";

const boxOf = (svg: string) => {
  const { document } = new JSDOM(`<!doctype html><svg>${svg}</svg>`).window;
  return textBox(document.querySelector("svg > *")!)!;
};

// "AV" is 2 · 667 thousandths wide in Helvetica's metrics: 26.68 at 20 pixels; a line is 1.3 of them high.
const text = (attributes: string) => `<text font-size="20px" ${attributes}>AV</text>`;

describe("textBox", () => {
  it("stands on its x and y, by its anchor", () => {
    const box = boxOf(text('x="100" y="50"'));
    expect(box).toMatchObject({ left: 100, top: 30, height: 26 });
    expect(box.width).toBeCloseTo(26.68, 9);
    expect(boxOf(text('x="100" y="50" text-anchor="middle"')).left).toBeCloseTo(86.66, 9);
  });

  it("moves with the text", () => {
    expect(boxOf(text('x="100" y="50" transform="translate(5,-10)"'))).toMatchObject({ left: 105, top: 20 });
  });

  it("turns with the text, so that a title beside an axis is as narrow as its line is high", () => {
    const box = boxOf(text('x="100" y="50" text-anchor="middle" transform="rotate(-90,100,50)"'));
    // Turned to the left about its foot: what was above is left of it.
    expect(box.left).toBeCloseTo(80, 9);
    expect(box.top).toBeCloseTo(50 - 13.34, 9);
    expect(box.width).toBeCloseTo(26, 9);
    expect(box.height).toBeCloseTo(26.68, 9);
  });
});

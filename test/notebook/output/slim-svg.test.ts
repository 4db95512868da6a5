import { JSDOM } from "jsdom";
import { expect, it } from "vitest";
import { slimSvg } from "../../../src/notebook/output/slim-svg.js";
import { ttftChart } from "../../../src/report/ttft/ttft-chart.js";
import { rows } from "../../report/ttft-rows.js";

/** Every part that can be seen, in order: words, shape, colour. */
const seen = (svg: string) => {
  const { document } = new JSDOM(svg, { contentType: "image/svg+xml" }).window;
  return [...document.querySelectorAll("text, path[d], rect")].map((part) => ({
    name: part.localName,
    words: part.textContent,
    shape: part.getAttribute("d"),
    colour: (part.getAttribute("style") ?? "").match(/rgb\(.*?\)|#\w{6}/g)?.map(hex) ?? null,
  }));
};
const hex = (colour: string) => {
  const channels = colour.match(/\d+(?=[,)])/g);
  return channels === null
    ? colour
    : `#${channels.map((value) => Number(value).toString(16).padStart(2, "0")).join("")}`;
};

it("keeps every word, line and colour of a picture in little more than half the room", async () => {
  const label = `a class="b" style="opacity: 1" <g class="x"></g>`;
  const whole = await ttftChart([
    ...rows(label, "cold", [0.2, 0.3], { context_target: 512 }),
    ...rows(label, "cold", [2, 3], { context_target: 4096 }),
  ]).svg();
  const slim = slimSvg(whole);
  expect(seen(slim)).toEqual(seen(whole));
  expect(seen(slim).map(({ words }) => words)).toContain(`${label}, cold`);
  expect(slim.length).toBeLessThan(0.7 * whole.length);
});

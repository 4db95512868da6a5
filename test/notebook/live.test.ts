import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { live } from "../../src/notebook/live.js";
import { ttftChart } from "../../src/report/ttft/ttft-chart.js";
import { row } from "../report/ttft-rows.js";
import { type Shown, standInKernel } from "./stand-in-kernel.js";

const kernel = standInKernel();
afterEach(() => kernel.leave());

const cold = row("a", "cold", { context_target: 512, ttft_seconds: 0.1 });
const lines = (shown: readonly Shown[]) =>
  shown.filter(({ data }) => Object.keys(data).join() === "text/plain").map(({ data }) => data["text/plain"]);
const charts = (shown: readonly Shown[]) =>
  shown.filter(({ data }) => "application/vnd.plotly.v1+json" in data);

describe("live", () => {
  it("draws at once, then at most every so many seconds, and all of it at the end", async () => {
    const shown = kernel.runCell();
    const before = process.listenerCount("SIGINT");
    const { onRecord, onProgress, signal } = live(ttftChart, { everySeconds: 3600 });
    await nextTurn();
    expect(process.listenerCount("SIGINT")).toBe(before + 1);
    onProgress(0, 3);
    for (let request = 0; request < 6; request++) onRecord(cold);
    expect(charts(shown)).toHaveLength(1);
    onProgress(3, 3);
    expect(charts(shown).map(({ isUpdate, data }) => [isUpdate, "image/svg+xml" in data])).toEqual([
      [false, false],
      [true, true],
    ]);
    const [figure] = charts(shown)
      .slice(1)
      .map(({ data }) => data["application/vnd.plotly.v1+json"] as unknown as { data: unknown[] });
    // At one length each request is a point.
    expect(figure!.data[0]).toMatchObject({ y: Array(6).fill(0) });
    expect(lines(shown).map((line) => line!.replace(/\d+ s/, "… s"))).toEqual([
      "Warming up …",
      `[${" ".repeat(20)}] Done: 0 of 3, 0 requests`,
      "3 of 3 done, 6 requests in … s",
    ]);
    expect(new Set(shown.flatMap(({ id }) => id ?? [])).size).toBe(2);
    expect(process.listenerCount("SIGINT")).toBe(before);
    expect(signal.aborted).toBe(false);
  });

  it("without a chart is the line alone, and says how long it will take once it knows", () => {
    const shown = kernel.runCell();
    const options = live();
    expect(Object.keys(options).sort()).toEqual(["onProgress", "signal"]);
    options.onProgress(2, 4, 95);
    options.onProgress(4, 4, 0);
    expect(shown).toHaveLength(3);
    const half = `${"█".repeat(10)}${" ".repeat(10)}`;
    expect(lines(shown)[1]).toBe(`[${half}] Done: 2 of 4, about 2 min left`);
  });

  it("leaves one listener for the interrupt, however many runs have failed before", async () => {
    kernel.runCell();
    const before = process.listenerCount("SIGINT");
    const runs = [live(), live(), live()];
    await nextTurn();
    expect(process.listenerCount("SIGINT")).toBe(before + 1);
    runs.at(-1)!.onProgress(1, 1);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  it("outside of a notebook shows nothing and stops nothing", async () => {
    const before = process.listenerCount("SIGINT");
    const { onRecord, onProgress, signal } = live(ttftChart);
    onRecord(cold);
    onProgress(1, 1);
    await nextTurn();
    expect(signal.aborted).toBe(false);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  it("refuses a pause that is none", () => {
    expect(() => live(ttftChart, { everySeconds: -1 })).toThrow(OptionError);
    expect(() => live(ttftChart, { everySeconds: Number.NaN })).toThrow(
      "everySeconds must be a number of at least 0",
    );
  });
});

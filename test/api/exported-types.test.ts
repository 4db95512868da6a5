import { expect, it } from "vitest";
import {
  type blend,
  type Chart,
  type charts,
  type datasets,
  type engine,
  type load,
  type logs,
  type models,
  type proxy,
  type quality,
  type Table,
  ttft,
} from "../../src/index.js";
import { row } from "../report/ttft-rows.js";

/** Every door's options have names; that these are there, the compiler checks. */
const OPTIONS = {
  run: (
    options: ttft.RunOptions | blend.RunOptions | quality.RunOptions | load.RunOptions | proxy.RunOptions,
  ) => options,
  read: (
    options:
      | ttft.ReadOptions
      | blend.ReadOptions
      | quality.ReadOptions
      | load.ReadOptions
      | proxy.ReadOptions,
  ) => options,
  table: (
    options:
      | ttft.TableOptions
      | blend.TableOptions
      | quality.TableOptions
      | load.TableOptions
      | proxy.TableOptions,
  ) => options,
  chart: (
    options:
      | ttft.ChartOptions
      | blend.ChartOptions
      | quality.ChartOptions
      | load.ChartOptions
      | proxy.ChartOptions,
  ) => options,
  others: (
    options:
      | charts.SaveOptions
      | datasets.LoadOptions
      | engine.ServeOptions
      | logs.ConvertOptions
      | models.FetchOptions,
  ) => options,
};

it("names the types of tables, charts and options", () => {
  const rows = [row("a", "cold", { ttft_seconds: 0.1, context_target: 64 })];
  const options: ttft.TableOptions<"a"> = { percentiles: [50] };
  const table: Table = ttft.table(rows, options);
  const chart: Chart = ttft.chart(rows);
  expect([table.text, chart.caption].every((text) => typeof text === "string")).toBe(true);
  expect(OPTIONS.table(options)).toBe(options);
});

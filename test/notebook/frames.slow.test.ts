import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { type LoadRows, readLoadLogs } from "../../src/logs/read-method-logs.js";
import { display } from "../../src/notebook/display.js";
import { type Danfo, type Frame, frame, rows } from "../../src/notebook/frame.js";
import {
  concatFrames,
  filterFrame,
  groupFrame,
  sortFrame,
  summariseFrame,
} from "../../src/notebook/frames.js";
import { loadTable } from "../../src/report/load/load-table.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { row } from "../report/ttft-rows.js";
import { type Preparation, prepare, requireFromNotebooks } from "./prepare.js";
import { standInKernel } from "./stand-in-kernel.js";

/** What these tests use of danfojs-node 1.2.0. */
interface DataFrame extends Frame {
  readonly shape: readonly [number, number];
  readonly [column: string]: unknown;
  groupby(by: string[]): { col(columns: string[]): { mean(): DataFrame } };
  sortValues(by: string): DataFrame;
}
type Danfojs = Danfo<DataFrame> & { concat(options: { dfList: DataFrame[]; axis: number }): DataFrame };

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/foreign/${name}`, import.meta.url));

let preparation: Preparation;
let danfo: Danfojs;
beforeAll(() => {
  preparation = prepare("packages");
  if (preparation === null) danfo = requireFromNotebooks("danfojs-node") as Danfojs;
});

describe("frames of danfojs-node", () => {
  const test = (name: string, body: () => void | Promise<void>) =>
    it(name, ({ skip }) => (preparation === null ? body() : skip(preparation.unreachable)));

  test("of other tools' results have their tool and definition, and give the same table back", async () => {
    const foreign = await readLoadLogs(
      { vLLM: fixture("vllm-bench/serve.json"), GuideLLM: fixture("guidellm/benchmarks.json") },
      { onProblem: () => {} },
    );
    const made = frame(foreign, danfo);
    expect(made.columns).toEqual(
      expect.arrayContaining(["source_tool", "source_version", "ttft_definition"]),
    );
    const back = rows<LoadRows[number]>(made);
    expect(back.map(({ source_tool }) => source_tool)).toEqual(foreign.map(({ source_tool }) => source_tool));
    expect(back.map(({ ttft_seconds }) => ttft_seconds)).toEqual(
      foreign.map(({ ttft_seconds }) => (ttft_seconds === null ? null : expect.closeTo(ttft_seconds, 6))),
    );
    expect(loadTable(back).as((parts) => parts.notes)[0]).toContain("These tools define TTFT differently");
  });

  test("are typed by all rows; lists become JSON", () => {
    const made = frame(
      [
        ...Array.from({ length: 30 }, () => ({
          i: 1,
          f: 2,
          b: null,
          s: null,
          none: null,
          list: ["x"],
          big: 1,
        })),
        { i: -3, f: 2.5, b: true, s: "1", none: null, list: [], big: 3e9 },
      ],
      danfo,
    );
    expect(Object.fromEntries(made.columns.map((column, i) => [column, made.dtypes[i]]))).toEqual({
      i: "int32",
      f: "float32",
      b: "boolean",
      s: "string",
      none: "float32",
      list: "string",
      big: "float32",
    });
    expect(made.values.at(-1)).toEqual([-3, 2.5, true, "1", null, "[]", 3e9]);
  });

  test("give back the rows they were made of, and nulls for NaN and undefined", () => {
    const given = [{ a: 1, b: "x", c: null, d: false }];
    expect(rows(frame(given, danfo))).toEqual(given);
    expect(rows(frame([{ a: Number.NaN, b: undefined }], danfo))).toEqual([{ a: null, b: null }]);
    expect(rows(frame([], danfo))).toEqual([]);
    const one = frame([{ a: 1 }, { a: null }], danfo);
    expect(rows(one.a as Frame)).toEqual([{ a: 1 }, { a: null }]);
  });

  test("make the same table as the rows", () => {
    const sweep = ["cold", "warm"].map((state) =>
      row("vLLM", state as "cold" | "warm", {
        context_target: 512,
        ttft_seconds: state === "cold" ? 1 : 0.1,
      }),
    );
    expect(ttftTable(rows<(typeof sweep)[number]>(frame(sweep, danfo))).rows).toEqual(ttftTable(sweep).rows);
  });

  test("are shown as tables", () => {
    const kernel = standInKernel();
    const shown = kernel.runCell();
    display(frame([{ a: 1, b: "<b>" }], danfo));
    kernel.leave();
    expect(shown[0]!.data["text/html"]).toContain("&lt;b&gt;");
    expect(shown[0]!.data["text/plain"]).toContain("1 row, 2 columns.");
  });

  test("keep each value under its key, where danfojs takes the order of the first row", () => {
    const reordered = [
      { a: 1, b: "x" },
      { b: "y", a: 2 },
    ];
    expect((new danfo.DataFrame(...([reordered] as never[])) as DataFrame).values).toEqual([
      [1, "x"],
      ["y", 2],
    ]);
    expect(frame(reordered, danfo).values).toEqual([
      [1, "x"],
      [2, "y"],
    ]);
  });

  test("are put together without harm to the first, which danfojs leaves unreadable", () => {
    const [first, second] = [frame([{ a: 1, b: 2 }], danfo), frame([{ b: 3, c: 4 }], danfo)];
    expect(concatFrames(first, second).values).toEqual([
      [1, 2, null],
      [null, 3, 4],
    ]);
    expect((first.a as Frame).values).toEqual([1]);
    danfo.concat({ dfList: [first, second], axis: 0 });
    expect(() => (first.a as Frame).values).toThrow("IndexError");
  });

  test("are grouped by what the columns hold, where danfojs joins them with a hyphen", () => {
    const mixed = frame(
      [
        { k: "a-b", l: "c", v: 1 },
        { k: "a", l: "b-c", v: 3 },
        { k: "a", l: "b-c", v: 5 },
      ],
      danfo,
    );
    expect(mixed.groupby(["k", "l"]).col(["v"]).mean().values).toEqual([["a-b", "c", 3]]);
    expect(groupFrame(mixed, ["k", "l"]).map(({ key, frame }) => [key, frame.shape[0]])).toEqual([
      [{ k: "a-b", l: "c" }, 1],
      [{ k: "a", l: "b-c" }, 2],
    ]);
  });

  test("have means of what is there, where danfojs takes null for 0", () => {
    const withNull = frame(
      [
        { k: "x", v: null },
        { k: "x", v: 1 },
        { k: "x", v: 3 },
        { k: "y", v: null },
      ],
      danfo,
    );
    expect(withNull.groupby(["k"]).col(["v"]).mean().values[0]).toEqual(["x", 4 / 3]);
    expect(rows(summariseFrame(withNull, "v", { by: "k" }))).toEqual([
      { k: "x", n: 2, missing: 1, mean: 2, sd: Math.SQRT2, median: 2, min: 1, max: 3 },
      { k: "y", n: 0, missing: 1, mean: null, sd: null, median: null, min: null, max: null },
    ]);
  });

  test("are sorted with what is missing last, where danfojs puts it first", () => {
    const values = [3, null, 1, Number.NaN, 2];
    const unsorted = frame(
      values.map((v, i) => ({ v, i })),
      danfo,
    );
    const column = (sorted: DataFrame) => rows(sorted).map(({ v }) => v);
    expect(column(unsorted.sortValues("v")).slice(0, 2)).toEqual([null, null]);
    expect(column(sortFrame(unsorted, "v"))).toEqual([1, 2, 3, null, null]);
    expect(column(sortFrame(unsorted, "v", { descending: true }))).toEqual([3, 2, 1, null, null]);
    expect(rows(sortFrame(unsorted, ["v", "i"])).map(({ i }) => i)).toEqual([2, 4, 0, 1, 3]);
  });

  test("are sorted a million rows at once, which takes danfojs minutes", () => {
    const many = frame(
      Array.from({ length: 1_000_000 }, (_, i) => ({ v: (i * 7919) % 1_000_003 })),
      danfo,
    );
    const sorted = sortFrame(many, "v").values as number[][];
    expect(sorted.every(([value], i) => i === 0 || sorted[i - 1]![0]! < value!)).toBe(true);
  });

  test("are filtered into new ones that keep their types", () => {
    const both = frame([{ a: 1, b: "x" }], danfo);
    expect(filterFrame(both, ({ a }) => a === 2).dtypes).toEqual(["int32", "string"]);
    expect(filterFrame(both, ({ b }) => b === "x").values).toEqual([[1, "x"]]);
  });

  test("refuse columns they do not have, and to summarise words", () => {
    const words = frame([{ a: "x" }], danfo);
    expect(() => sortFrame(words, "b")).toThrow('column must be one of a; received "b".');
    expect(() => summariseFrame(words, "a", { by: "a" })).toThrow(OptionError);
  });
});

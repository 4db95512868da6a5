import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ORIGIN_TRAITS, type SeriesRow, seriesOf } from "../../../src/domain/records/series.js";

interface Row extends SeriesRow {
  readonly label: string;
}

const row = (label: string, model: string | null, origin: Partial<SeriesRow> = {}): Row => ({
  label,
  model,
  ...origin,
});
const namesOf = (rows: readonly Row[]) =>
  seriesOf(rows, ({ label }) => label, ORIGIN_TRAITS).map(({ name }) => name);

describe("seriesOf", () => {
  it("keeps the rows of one label together where they differ in nothing", () => {
    expect(namesOf([row("a", "m"), row("b", "n"), row("a", "m")])).toEqual(["a", "b"]);
  });

  it("splits a label that mixes models, also where one does not state its own", () => {
    expect(namesOf([row("a", "m"), row("a", "n"), row("a", null)])).toEqual([
      "a · m",
      "a · n",
      "a · model not stated",
    ]);
  });

  it("splits a label that mixes servers, and takes a server that is not stated for the only one that is", () => {
    const [one, two] = [{ log_server: "http://a/v1" }, { log_server: "http://b/v1" }];
    expect(namesOf([row("a", "m", one), row("a", "m", two)])).toEqual(["a · http://a/v1", "a · http://b/v1"]);
    expect(namesOf([row("a", "m", one), row("a", "m", { log_server: null }), row("a", "m")])).toEqual(["a"]);
  });

  it("splits what a map of logs puts under one key where the records have labels of their own", () => {
    expect(
      namesOf([row("A40", "m", { own_label: "vLLM" }), row("A40", "m", { own_label: "LMCache" })]),
    ).toEqual(["A40 · vLLM", "A40 · LMCache"]);
  });

  it("names series by as little as tells them apart", () => {
    const rows = [
      row("a", "m", { log_server: "http://a/v1" }),
      row("a", "n", { log_server: "http://b/v1" }),
      row("a", "n", { log_server: "http://c/v1" }),
    ];
    expect(namesOf(rows.slice(0, 2))).toEqual(["a · m", "a · n"]);
    expect(namesOf(rows)).toEqual(["a · m, http://a/v1", "a · n, http://b/v1", "a · n, http://c/v1"]);
  });

  it("never joins two models or two servers, loses no row, and gives no two series one name", () => {
    const rows = fc.array(
      fc.record({
        label: fc.constantFrom("a", "b"),
        model: fc.constantFrom("m", "n", null),
        log_server: fc.constantFrom("http://a/v1", "http://b/v1", null),
        own_label: fc.constantFrom("x", "y", null),
      }),
    );
    fc.assert(
      fc.property(rows, (measured) => {
        const series = seriesOf<Row>(measured, ({ label }) => label, ORIGIN_TRAITS);
        expect(series.reduce((sum, one) => sum + one.rows.length, 0)).toBe(measured.length);
        expect(new Set(series.map(({ name }) => name)).size).toBe(series.length);
        for (const one of series) {
          expect(new Set(one.rows.map(({ model }) => model)).size).toBe(1);
          expect(new Set(one.rows.flatMap(({ log_server }) => log_server ?? [])).size).toBeLessThan(2);
        }
      }),
    );
  });
});

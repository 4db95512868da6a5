import { describe, expect, it } from "vitest";
import { blendTable } from "../../src/report/methods/blend-table.js";
import { qualityTable } from "../../src/report/methods/quality-table.js";
import { promptTable } from "../../src/report/prompts/prompt-table.js";
import { proxyTable } from "../../src/report/proxy/proxy-table.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { bootstrap } from "../../src/stats/bootstrap.js";
import { median } from "../../src/stats/quantile.js";
import { random } from "../../src/stats/random.js";
import { recovery } from "../../src/stats/recovery.js";
import { proxyRows } from "./proxy-rows.js";
import { REPORT_ROWS } from "./report-rows.js";

interface Row {
  readonly label: string | null;
}

const proxies = ["litellm", "nginx"].flatMap((label, which) =>
  proxyRows({ label }, (block, place) => ({
    direct: {
      e2e_seconds: 0.1 + ((block * 7) % 5) / 1e4 + place / 1e5,
      block_seconds: 0.2 + block / 100,
    },
    proxied: {
      e2e_seconds: 0.12 + which / 100 + ((block * 3) % 7) / 1e4 + ((place * 11) % 13) / 1e5,
      block_seconds: 0.24 + ((block * 5) % 7) / 100,
    },
  })),
);

/** Every table with an interval, as a function of rows and of what their labels were renamed by. */
const TABLES: Readonly<
  Record<
    string,
    readonly [rows: readonly Row[], table: (rows: never, name: (label: string) => string) => object]
  >
> = {
  ttft: [
    REPORT_ROWS.ttft ?? [],
    (rows, name) => ttftTable(rows as never, { baseline: name("vLLM") as never }).rows,
  ],
  prompts: [REPORT_ROWS.ttft ?? [], (rows) => promptTable(rows).rows],
  blend: [
    REPORT_ROWS.blend ?? [],
    (rows, name) => blendTable(rows as never, { baseline: name("Full prefill") as never }).rows,
  ],
  quality: [
    REPORT_ROWS.quality ?? [],
    (rows, name) => qualityTable(rows as never, { baseline: name("Full prefill") as never }).rows,
  ],
  proxy: [proxies, (rows, name) => proxyTable(rows as never, { baseline: name("litellm") as never }).rows],
};

/** The rows of a table in one order, numbers to twelve digits: the last ones depend on the order in which a mean is summed. */
const digits = (table: object): string[] =>
  (table as readonly Row[])
    .map((row) =>
      JSON.stringify(row, (_key, value) =>
        typeof value === "number" ? Number(value.toPrecision(12)) : value,
      ),
    )
    .sort();

describe("the digits of an interval", () => {
  for (const [noun, [rows, table]] of Object.entries(TABLES)) {
    const same = (label: string) => label;
    const asMeasured = digits(table(rows as never, same));

    it(`don't change with the labels' names (${noun})`, () => {
      const name = (label: string) => `a ${label}`;
      const renamed = rows.map((row) => ({ ...row, label: row.label === null ? null : name(row.label) }));
      const found = digits(table(renamed as never, name)).map((text) => text.replaceAll('"a ', '"'));
      expect(found.sort()).toEqual(asMeasured);
    });

    it(`don't change with the order in which rows and labels come (${noun})`, () => {
      const shuffled = random(noun).shuffle(rows);
      expect(digits(table(shuffled as never, same))).toEqual(asMeasured);
    });
  }

  it("don't change with the order of what is drawn from", () => {
    const values = Array.from({ length: 12 }, (_, i) => ((i * 7) % 12) + i / 10);
    const examples = values.map((value, i) => ({
      full: 1,
      reuse: i % 3 === 0 ? 1 : 0,
      blend: (value % 2) / 2,
    }));
    expect(bootstrap(values.toReversed(), median)).toEqual(bootstrap(values, median));
    const [there, back] = [recovery(examples), recovery(examples.toReversed())];
    expect(back).toEqual(there);
  });
});

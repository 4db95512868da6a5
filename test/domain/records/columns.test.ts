import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Columns } from "../../../src/domain/records/column.js";
import {
  BLEND_COLUMNS,
  PROXY_COLUMNS,
  QUALITY_COLUMNS,
  TTFT_COLUMNS,
} from "../../../src/domain/records/columns.js";
import { LOAD_COLUMNS } from "../../../src/domain/records/load-columns.js";
import { columnTable } from "../column-table.js";

const KINDS: readonly (readonly [string, Columns])[] = [
  ["ttft", TTFT_COLUMNS],
  ["blend", BLEND_COLUMNS],
  ["quality", QUALITY_COLUMNS],
  ["load", LOAD_COLUMNS],
  ["proxy", PROXY_COLUMNS],
];
const path = fileURLToPath(new URL("../../../results/README.md", import.meta.url));

describe("the columns of a record", () => {
  it.each(KINDS)("%s are those of results/README.md (UPDATE_PAGES=1 writes them)", (kind, columns) => {
    const page = readFileSync(path, "utf8");
    const [whole, begin, , end] = new RegExp(`(<!-- columns: ${kind} -->\n)(.*?)(\n<!-- end -->)`, "s").exec(
      page,
    )!;
    const table = columnTable(columns);
    if (process.env.UPDATE_PAGES === "1")
      writeFileSync(
        path,
        page.replace(whole, () => `${begin}${table}${end}`),
      );
    else expect(whole).toBe(`${begin}${table}${end}`);
  });

  it.each(KINDS)("%s have a unit where their name ends in one, and a meaning each", (_kind, columns) => {
    for (const [key, { unit, meaning, kind }] of Object.entries(columns)) {
      if (key.endsWith("_seconds")) expect(unit, key).toBe("s");
      if (key.endsWith("_tokens")) expect(unit, key).toBe("tokens");
      if (key.endsWith("_bytes")) expect(unit, key).toBe("bytes");
      if (/text|word|flag/.test(kind)) expect(unit, key).toBeNull();
      expect(meaning.length, key).toBeGreaterThan(8);
      expect(meaning, key).not.toMatch(/[|\n]|\.$/);
    }
  });
});

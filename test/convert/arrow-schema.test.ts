import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { arrowSchema } from "../../src/convert/arrow-schema.js";
import type { Columns } from "../../src/domain/records/column.js";
import {
  BLEND_COLUMNS,
  PROXY_COLUMNS,
  QUALITY_COLUMNS,
  TTFT_COLUMNS,
} from "../../src/domain/records/columns.js";
import { LOAD_COLUMNS } from "../../src/domain/records/load-columns.js";
import { arrowDurations } from "../../src/logs/duckdb/arrow-durations.js";
import { COLUMN_TYPES } from "../../src/logs/duckdb/column-types.js";

describe("the schema for Arrow", () => {
  it("is what pyarrow 26.0.1 reads with the units as metadata of its fields", () => {
    const schema = arrowSchema(
      [
        { key: "ttft_seconds", type: "DOUBLE", metadata: { unit: "s" } },
        { key: "run_index", type: "BIGINT", metadata: {} },
        { key: "é", type: "VARCHAR", metadata: {} },
        { key: "fast", type: "BOOLEAN", metadata: {} },
        { key: "started_at", type: "TIMESTAMPTZ", metadata: {} },
        { key: "gaps_seconds", type: "DOUBLE[]", metadata: { unit: "s" } },
        { key: "mixed", type: "JSON", metadata: {} },
      ],
      { firsttoken_kind: "ttft" },
    );
    // pyarrow.ipc.read_schema of these bytes, then to_string(show_field_metadata=True): "ttft_seconds: double", unit 's';
    // "run_index: int64"; "é: string"; "fast: bool"; "started_at: timestamp[us, tz=UTC]"; "gaps_seconds: list<element: double>",
    // unit 's'; "mixed: string"; and for the schema, firsttoken_kind 'ttft'.
    const digest = createHash("sha256").update(Buffer.from(schema!, "base64")).digest("hex");
    expect(digest).toBe("cee2393ead48424c62089874975266419d5634b84fbb3beea8dbeb4f745aab02");
  });

  it("has a place for every column of every kind of record", () => {
    const all: readonly Columns[] = [
      TTFT_COLUMNS,
      BLEND_COLUMNS,
      QUALITY_COLUMNS,
      LOAD_COLUMNS,
      PROXY_COLUMNS,
    ];
    for (const columns of all) {
      const told = Object.entries(columns).map(([key, { kind }]) => ({
        key,
        type: COLUMN_TYPES[kind],
        metadata: { unit: "s" },
      }));
      expect(arrowSchema(told, {})).not.toBeNull();
      // Our own reader of such schemas finds its way through it.
      expect(arrowDurations(arrowSchema(told, {})!)).toEqual(new Map());
    }
  });

  it("is left out where a column's type is not known, rather than wrong", () => {
    expect(arrowSchema([{ key: "a", type: "HUGEINT", metadata: {} }], {})).toBeNull();
    expect(arrowSchema([{ key: "a", type: "HUGEINT[]", metadata: {} }], {})).toBeNull();
  });
});

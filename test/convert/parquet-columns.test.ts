import { describe, expect, it } from "vitest";
import { fileColumns } from "../../src/convert/file-columns.js";
import { parquetColumns } from "../../src/convert/parquet-columns.js";
import { copySql } from "../../src/convert/parquet-file.js";
import { TTFT_COLUMNS } from "../../src/domain/records/columns.js";
import { LOAD_COLUMNS } from "../../src/domain/records/load-columns.js";

type Rows = readonly Readonly<Record<string, unknown>>[];
const typesOf = (columns: typeof TTFT_COLUMNS | typeof LOAD_COLUMNS, rows: Rows) =>
  Object.fromEntries(
    parquetColumns("a.parquet", fileColumns({ columns, rows }), rows).map(({ key, type }) => [key, type]),
  );

describe("the columns of a Parquet file", () => {
  it("have the types of their kinds, whatever the rows hold", () => {
    for (const rows of [[], [{ ttft_seconds: null, documents: null }]]) {
      expect(typesOf(LOAD_COLUMNS, rows)).toMatchObject({
        run_index: "BIGINT",
        ttft_seconds: "DOUBLE",
        cached_tokens: "DOUBLE",
        outcome: "VARCHAR",
        documents: "VARCHAR[]",
        gaps_seconds: "DOUBLE[]",
        block_steady: "BOOLEAN",
        log_path: "VARCHAR",
      });
    }
  });

  it("have times for the starts that this package writes, and texts for others, of which nothing may be lost", () => {
    const typeOf = (...starts: unknown[]) =>
      typesOf(
        TTFT_COLUMNS,
        starts.map((started_at) => ({ started_at })),
      ).started_at;
    expect(typeOf("2026-11-20T10:00:00.123Z", null)).toBe("TIMESTAMPTZ");
    for (const other of [
      "2026-11-20T10:00:00.123456Z",
      "2026-11-20T11:00:00+01:00",
      "2026-02-30T10:00:00.000Z",
      "x",
    ])
      expect(typeOf("2026-11-20T10:00:00.123Z", other)).toBe("VARCHAR");
  });

  it("have the type of their values where the keys are others', or hold JSON", () => {
    const rows = [{ gpu: "L4", ratio: 1, warm: true, mixed: 1, list: [1] }, { gpu: null, mixed: "a" }, {}];
    expect(typesOf(TTFT_COLUMNS, rows)).toMatchObject({
      gpu: "VARCHAR",
      ratio: "DOUBLE",
      warm: "BOOLEAN",
      mixed: "JSON",
      list: "JSON",
    });
  });

  it("are refused where DuckDB would take two for one", () => {
    expect(() => typesOf(TTFT_COLUMNS, [{ Label: "a" }])).toThrow("can't have both label and Label");
  });

  it("are quoted in DuckDB's words, whatever they are called", () => {
    const sql = copySql("/tmp/it's.jsonl", "/tmp/a.parquet", [{ key: 'a"b', type: "DOUBLE" }], { m: "'" }, 1);
    expect(sql).toBe(
      `COPY (SELECT c0 AS "a""b" FROM read_json('/tmp/it''s.jsonl', format = 'newline_delimited', columns = {c0: 'DOUBLE'}, ` +
        `maximum_object_size = 16777216)) TO '/tmp/a.parquet' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {"m": ''''})`,
    );
  });
});

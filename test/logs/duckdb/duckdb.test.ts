import { describe, expect, it } from "vitest";
import { isRemote } from "../../../src/logs/duckdb/copies.js";
import { isParquet, withIsoStart } from "../../../src/logs/duckdb/parquet.js";
import { distinctNames } from "../../../src/logs/files/sources.js";

describe("what DuckDB reads", () => {
  it("is Parquet, here and on S3", () => {
    expect(["a.parquet", "A.PARQUET", "s3://bucket/a.parquet"].map(isParquet)).toEqual([true, true, true]);
    expect(["a.jsonl", "parquet/a.jsonl", "s3://b/a.jsonl"].map(isParquet)).toEqual([false, false, false]);
    expect(["s3://bucket/a.parquet", "S3://b/a.jsonl", "s3/a.jsonl"].map(isRemote)).toEqual([
      true,
      false,
      false,
    ]);
    expect(distinctNames(["a/all.parquet", "s3://bucket/all.jsonl"])).toEqual(["a/all", "bucket/all"]);
  });

  it("has its times as logs have them", () => {
    const start = (started_at: unknown) =>
      (withIsoStart({ started_at }) as { started_at: unknown }).started_at;
    expect(start("2026-11-20 10:00:00.123")).toBe("2026-11-20T10:00:00.123Z");
    expect(start("2026-11-20 10:00:00+00")).toBe("2026-11-20T10:00:00.000Z");
    expect(start("2026-11-20T10:00:00.123Z")).toBe("2026-11-20T10:00:00.123Z");
    expect([start(null), withIsoStart(null)]).toEqual([null, null]);
  });
});

import { describe, expect, it } from "vitest";
import { isRemote, needsDuckDb, withIsoStart } from "../../../src/logs/files/duckdb.js";
import { distinctNames } from "../../../src/logs/files/sources.js";

describe("what DuckDB reads", () => {
  it("is Parquet, and anything on S3", () => {
    expect(["a.parquet", "A.PARQUET", "s3://bucket/a.jsonl"].map(needsDuckDb)).toEqual([true, true, true]);
    expect(["a.jsonl", "parquet/a.jsonl", "s3/a.jsonl"].map(needsDuckDb)).toEqual([false, false, false]);
    expect(isRemote("s3://bucket/a.parquet")).toBe(true);
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

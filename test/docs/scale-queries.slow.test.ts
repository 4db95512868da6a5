import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quantile } from "../../src/stats/quantile.js";

const folder = mkdtempSync(join(tmpdir(), "queries-"));
const python = join(folder, "venv/bin/python");
const run = (command: string, args: readonly string[], input = "") =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", input, stdio: ["pipe", "pipe", "pipe"] });

beforeAll(() => {
  run("python3", ["-m", "venv", "venv"]);
  run(python, ["-m", "pip", "install", "--quiet", "sqlglot==30.30.0", "duckdb==1.5.5"]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A query of docs/scale.md for Spark or Trino, read by that dialect's grammar and run by DuckDB over partitioned rows. */
const RUN = `
import json, sys, duckdb, sqlglot
asked = json.load(sys.stdin)
duckdb.sql("COPY (SELECT * FROM 'rows.json') TO 'rows' (FORMAT parquet, PARTITION_BY (label, level), OVERWRITE)")
tree = sqlglot.parse_one(asked["query"], read=asked["dialect"], error_level=sqlglot.ErrorLevel.RAISE)
table = sqlglot.parse_one("SELECT * FROM read_parquet('rows/**/*.parquet', hive_partitioning = true)", read="duckdb").find(sqlglot.exp.Table)
tree.find(sqlglot.exp.Table).replace(table)
# Spark's percentile interpolates; sqlglot takes DuckDB's for it, which does not.
sql = tree.sql(dialect="duckdb").replace(" QUANTILE(", " quantile_cont(")
print(json.dumps(duckdb.sql(sql).fetchall()))
`;

describe("the queries of docs/scale.md", () => {
  const page = readFileSync(new URL("../../docs/scale.md", import.meta.url), "utf8");
  const queries = [...page.matchAll(/```sql\n(SELECT.*?)```/gs)].map(([, query]) => query!);
  const measured = ["Full prefill", "Prefix cache"].flatMap((label, place) =>
    Array.from({ length: 400 }, (_, i) => ({
      ...{ label, level: 1, rate_per_second: 2, phase: i < 380 ? "measured" : "ramp_down" },
      ...{
        outcome: i % 10 === 0 ? "error" : "ok",
        ttft_seconds: (1 + place) * Math.sqrt(i + 1),
        wait_seconds: i / 1e3,
      },
    })),
  );
  const expected = ["Full prefill", "Prefix cache"].map((label) => {
    const own = measured.filter(
      (row) => row.label === label && row.phase === "measured" && row.outcome === "ok",
    );
    const seconds = own.map(({ ttft_seconds, wait_seconds }) => ttft_seconds + wait_seconds);
    return { label, n: own.length, ttft: [0.5, 0.9, 0.95, 0.99].map((p) => quantile(seconds, p)) };
  });

  it.each([
    ["spark", 1e-12],
    ["trino", 0.02],
  ])("are read by the grammar of %s, and give quantiles that differ by %d at most", (dialect, error) => {
    writeFileSync(join(folder, "rows.json"), measured.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const query = queries[dialect === "spark" ? 0 : 1]!;
    const rows = JSON.parse(run(python, ["-c", RUN], JSON.stringify({ dialect, query })));
    expect(rows).toHaveLength(2);
    for (const [index, [label, rate, n, ttft]] of rows.entries()) {
      expect([label, rate, n]).toEqual([expected[index]!.label, 2, expected[index]!.n]);
      for (const [place, value] of ttft.entries())
        expect(Math.abs(value / expected[index]!.ttft[place]! - 1)).toBeLessThanOrEqual(error);
    }
  });
});

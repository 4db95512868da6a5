import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { summariseLoadLogs } from "../../src/logs/summarise-load-logs.js";
import { jsonl, ttftLine } from "./ttft-row.js";

const folder = mkdtempSync(join(tmpdir(), "summarise-loads-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("what no summary of loads can be made of", () => {
  it("is a path that is not there", async () => {
    for (const name of ["rows", "rows.jsonl", "rows.parquet", "rows.parquet.gz"]) {
      const path = join(folder, name);
      await expect(summariseLoadLogs(path)).rejects.toThrow(`Can't read ${path}: there is no such file.`);
    }
  });

  it("is a log in JSONL", async () => {
    const path = join(folder, "load.jsonl");
    writeFileSync(path, jsonl(ttftLine()));
    await expect(summariseLoadLogs(path)).rejects.toThrow(`${path} is no Parquet, which is what DuckDB`);
  });
});

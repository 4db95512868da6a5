import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { LogError } from "../../../src/domain/errors/errors.js";
import { requireLogWritable } from "../../../src/logs/files/writable.js";

const folder = mkdtempSync(join(tmpdir(), "writable-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe("a file that a log is to replace", () => {
  it.each([
    ["a text", "thesis.txt", "Chapter 1\n"],
    ["a table", "rows.csv", "run_index,ttft_seconds\n1,0.2\n"],
    ["a JSON list", "list.json", "[1, 2]\n"],
    ["a notebook's picture", "chart.png", Buffer.from([0x89, 0x50, 0x4e, 0x47])],
    ["another program's Parquet", "rows.parquet", "PAR1\u0000"],
  ])("is refused where it is %s, and stays", (_what, name, content) => {
    const path = file(name, content);
    expect(() => requireLogWritable(path, { overwrite: true })).toThrow(LogError);
    expect(() => requireLogWritable(path, { overwrite: true })).toThrow(
      /is not replaced, because it is no log/,
    );
    expect(readFileSync(path)).toEqual(Buffer.from(content));
  });

  it.each([
    ["a log", "log.jsonl", '{"run_index":1}\n'],
    ["a log whose first line is cut", "cut.jsonl", '{"run_in'],
    ["a log behind blank lines and a byte-order mark", "marked.jsonl", '\ufeff\n\n{"run_index":1}\n'],
    ["an empty file", "empty.jsonl", ""],
    ["a packed log", "log.jsonl.gz", gzipSync('{"run_index":1}\n')],
  ])("is accepted where it is %s", (_what, name, content) => {
    expect(() => requireLogWritable(file(name, content), { overwrite: true })).not.toThrow();
  });

  it("is accepted where nothing is there yet, and where it is a device", () => {
    expect(() => requireLogWritable(join(folder, "new.jsonl"), { overwrite: true })).not.toThrow();
    expect(() => requireLogWritable("/dev/null", { overwrite: true })).not.toThrow();
  });
});

describe("an address that is none of S3", () => {
  it.each([
    "gs://bucket/log.jsonl",
    "s3a:/bucket/log.jsonl",
    "s3:/bucket/log.jsonl",
    "https://host/log.jsonl",
    "S3://bucket/log.jsonl",
  ])("is refused, so that no folder of this machine is named by it: %s", (path) => {
    expect(() => requireLogWritable(path, {})).toThrow(
      `Can't write ${path}: it is neither a path on this machine nor an address such as s3://bucket/run/load.jsonl.`,
    );
  });

  it.each([
    "s3://bucket/log.jsonl",
    join(folder, "a:", "log.jsonl"),
    "x=1:2/log.jsonl",
  ])("is not %s", (path) => expect(() => requireLogWritable(path, {})).not.toThrow());
});

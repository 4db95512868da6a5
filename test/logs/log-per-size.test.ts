import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { logPerSize, perSizeFiles } from "../../src/logs/log-per-size.js";
import { ttftLine } from "./ttft-row.js";

const root = mkdtempSync(join(tmpdir(), "log-per-size-"));
afterAll(() => rmSync(root, { recursive: true }));

/** A sweep's folder: the merged log and a file for each size. */
function sweepOf(name: string, sizes: readonly number[]) {
  const folder = join(root, name);
  mkdirSync(folder);
  const log = join(folder, "all_ttft_results.jsonl");
  const write = (lengths: readonly number[]) => {
    const lines = lengths.map((length) => ttftLine({ context_target: length, context_tokens: length }));
    writeFileSync(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  };
  write(sizes);
  logPerSize(log, folder, {}, [], () => {});
  return { folder, log, write };
}

describe("a sweep that replaces one of other sizes", () => {
  it("leaves no file of a size that it has not", () => {
    const { folder, log, write } = sweepOf("other-sizes", [1_000, 2_000]);
    const replaced = perSizeFiles(log, folder);
    write([2_000, 4_000]);
    const notes: string[] = [];
    logPerSize(log, folder, { overwrite: true }, replaced, (note) => notes.push(note));
    expect(readdirSync(folder).sort()).toEqual([
      "all_ttft_results.jsonl",
      "ttft_2000.jsonl",
      "ttft_4000.jsonl",
    ]);
    expect(notes).toEqual([expect.stringContaining("ttft_1000.jsonl was removed")]);
  });

  it("has the run's manifest beside each, without what it says of the merged log's bytes, and takes it away with its file", () => {
    const { folder, log, write } = sweepOf("manifests", [1_000, 2_000]);
    const lines = { lines: 2, sha256: "of the merged log" };
    const run = {
      server: "http://localhost:8000/v1",
      model: "tiny",
      options: { seed: 1 },
      started_at: "2026-01-01T00:00:00Z",
    };
    writeFileSync(`${log}.meta.json`, JSON.stringify({ ...run, lines }));
    logPerSize(log, folder, { overwrite: true }, [], () => {});
    const manifest = readFileSync(join(folder, "ttft_1000.jsonl.meta.json"), "utf8");
    expect(JSON.parse(manifest)).toEqual(run);
    const replaced = perSizeFiles(log, folder);
    write([2_000]);
    logPerSize(log, folder, { overwrite: true }, replaced, () => {});
    expect(readdirSync(folder).sort()).toEqual([
      "all_ttft_results.jsonl",
      "all_ttft_results.jsonl.meta.json",
      "ttft_2000.jsonl",
      "ttft_2000.jsonl.meta.json",
    ]);
  });

  it("keeps files that hold anything else", () => {
    const { folder, log, write } = sweepOf("kept", [1_000]);
    const own = join(folder, "ttft_8000.jsonl");
    writeFileSync(own, `${JSON.stringify(ttftLine({ context_target: 8_000 }))}\n`);
    writeFileSync(join(folder, "ttft_notes.jsonl"), "");
    const replaced = perSizeFiles(log, folder);
    write([2_000]);
    logPerSize(log, folder, { overwrite: true }, replaced, () => {});
    expect(readdirSync(folder).sort()).toEqual([
      "all_ttft_results.jsonl",
      "ttft_2000.jsonl",
      "ttft_8000.jsonl",
      "ttft_notes.jsonl",
    ]);
  });

  it("has none to remove where the merged log is gone or can't be read", () => {
    const { folder, log } = sweepOf("unreadable", [1_000]);
    writeFileSync(log, "no log\n");
    expect(perSizeFiles(log, folder)).toEqual([]);
    rmSync(log);
    expect(perSizeFiles(log, folder)).toEqual([]);
    expect(perSizeFiles(log, join(root, "nowhere"))).toEqual([]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { isParquet } from "../../src/logs/duckdb/parquet.js";
import { readJsonl } from "../../src/logs/files/jsonl.js";
import { openRunLog } from "../../src/logs/files/run-log.js";
import { readByKind } from "../../src/logs/read-by-kind.js";
import { readTtftLogs } from "../../src/logs/read-ttft-logs.js";
import { recordKindOf } from "../../src/logs/record-kind.js";
import { parseTtftRecord } from "../../src/logs/records/record-lines.js";
import { summariseTtftLogs } from "../../src/logs/summarise-ttft-logs.js";

const room = mkdtempSync(join(tmpdir(), "log-content-"));
afterAll(() => rmSync(room, { recursive: true }));

let count = 0;
const write = (content: string | Buffer, name = "log.jsonl"): string => {
  const path = join(room, `${count++}-${name}`);
  writeFileSync(path, content);
  return path;
};
const line = (ttft: string, more = "") =>
  `{"run_index":1,"context_tokens":1000,"ttft_seconds":${ttft}${more}}`;
const times = async (path: string) => (await readTtftLogs(path)).map(({ ttft_seconds }) => ttft_seconds);

describe("a log is what its bytes say", () => {
  it("a gzip file of one or several members is what is packed in it, whatever its name", async () => {
    const packed = Buffer.concat([gzipSync(`${line("0.5")}\n`), gzipSync(`${line("0.25")}\n`)]);
    for (const name of ["log.jsonl.gz", "log.jsonl"]) {
      const path = write(packed, name);
      expect(await times(path)).toEqual([0.5, 0.25]);
      expect(await recordKindOf(path)).toBe("ttft");
      expect(await summariseTtftLogs(path)).toMatchObject([{ n: 2 }]);
    }
    expect(await times(write(line("0.5"), "plain.jsonl.gz"))).toEqual([0.5]);
  });

  it("a gzip file that is cut is refused, and one that is whole can't be added to", async () => {
    const packed = gzipSync(`${line("0.5")}\n`);
    const cut = write(packed.subarray(0, packed.length - 9));
    await expect(readTtftLogs(cut)).rejects.toThrow(`${cut} is a broken gzip file: `);
    const whole = write(packed);
    expect(() => openRunLog(whole, { resume: true }, parseTtftRecord)).toThrow(
      `${whole} is compressed, so nothing can be appended to it: decompress it first (gunzip).`,
    );
    expect(await times(whole)).toEqual([0.5]);
  });

  it.each([
    ["UTF-16, little end first", Buffer.from(`\uFEFF${line("0.5")}`, "utf16le"), "is UTF-16"],
    ["UTF-16, big end first", Buffer.from(`\uFEFF${line("0.5")}`, "utf16le").swap16(), "is UTF-16"],
    ["UTF-16 without a mark", Buffer.from(line("0.5"), "utf16le"), "is UTF-16"],
    ["UTF-16 without a mark, big end first", Buffer.from(line("0.5"), "utf16le").swap16(), "is UTF-16"],
    ["UTF-32, little end first", utf32(`\uFEFF${line("0.5")}`), "is UTF-32"],
    ["UTF-32, big end first", utf32(`\uFEFF${line("0.5")}`).swap32(), "is UTF-32"],
    ["UTF-32 without a mark", utf32(line("0.5")), "is UTF-32"],
    [
      "gzip of gzip",
      gzipSync(gzipSync(line("0.5"))),
      "is compressed twice; decompress it once first (gunzip)",
    ],
    ["gzip of UTF-16", gzipSync(Buffer.from(line("0.5"), "utf16le")), /^The content of .* is UTF-16/],
    ["Zstandard", Buffer.from("28b52ffd2400", "hex"), "is a Zstandard file; unpack it first (zstd -d)"],
    ["xz", Buffer.from("fd377a585a0000", "hex"), "is an xz file; unpack it first (xz -d)"],
    ["bzip2", Buffer.from("BZh91AY&SY"), "is a bzip2 file; unpack it first (bzip2 -d)"],
    ["zip", Buffer.from("PK\x03\x04\x14"), "is a zip archive; unpack it first"],
    ["Brotli, which has no mark", brotliCompressSync(Buffer.alloc(99, 7)), "its bytes are not UTF-8"],
  ])("%s is told, not taken for a line that a crash has cut", async (_, content, reason) => {
    const path = write(content);
    await expect(readTtftLogs(path)).rejects.toThrow(reason);
  });

  it("Parquet is for DuckDB, whatever its name", () => {
    expect(isParquet(write("PAR1\x15\x04"))).toBe(true);
    expect(isParquet(write("PAR"))).toBe(false);
    expect(isParquet(join(room, "none.jsonl"))).toBe(false);
  });

  it("a list of records says what a log has", async () => {
    await expect(readTtftLogs(write(`[${line("0.5")}]`))).rejects.toThrow(
      "a record must be a JSON object; a list of records has each on a line of its own",
    );
    await expect(readTtftLogs(write(`[\n${line("0.5")}\n]`))).rejects.toThrow(
      "a log has each record on a line of its own",
    );
  });

  it.each([
    "run_index,context_tokens,ttft_seconds",
    '"run_index","label"\r',
  ])("CSV says what it is: %s", async (header) => {
    await expect(readTtftLogs(write(`${header}\n1,1000,0.5\n`))).rejects.toThrow(
      "it looks like CSV, which is read only from some other tools; read the JSONL instead, or Parquet made from it",
    );
  });
});

describe("the lines of a log", () => {
  const text = fc.constantFrom('{"a":1}', '{"b":"é🙂"}', "{}", "");
  const end = fc.constantFrom("\n", "\r\n", "\r");

  it("end in LF, CRLF or CR, are counted alike, and may each begin with a byte-order mark", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), text, end), { maxLength: 12 }),
        fc.nat({ max: 70_000 }),
        (lines, padding) => {
          // An empty line after a CR that ends in LF would be the CRLF of one line.
          const clean = lines.map(([mark, one, ends]) => ({ mark, one: one === "" ? "{}" : one, ends }));
          const long = { mark: false, one: JSON.stringify({ a: "x".repeat(padding) }), ends: "\r" };
          const all = [long, ...clean];
          const path = write(
            all.map(({ mark, one, ends }) => `${mark ? "\uFEFF" : ""}${one}${ends}`).join(""),
          );
          const read: unknown[] = [];
          const content = readJsonl(
            path,
            (value) => value,
            (value) => read.push(value),
          );
          expect(read).toEqual(all.map(({ one }) => JSON.parse(one) as unknown));
          expect(content.tail).toBe("none");
        },
      ),
      { numRuns: 60 },
    );
  });

  it("are named by their numbers where they end in CR", async () => {
    await expect(readTtftLogs(write(`${line("1")}\r${line("2")}\r\nno\r`))).rejects.toThrow(
      "line 3: it is not JSON",
    );
  });

  it("can be added to where they end in CR", async () => {
    const path = write(`${line("0.5")}\r${line("0.25")}\r${line("0.1").slice(0, 20)}`);
    const log = openRunLog(path, { resume: true }, parseTtftRecord);
    log.append(parseTtftRecord(JSON.parse(line("0.75"))));
    log.close();
    expect(await times(path)).toEqual([0.5, 0.25, 0.75]);
  });
});

describe("no number", () => {
  it.each([
    "NaN",
    "Infinity",
    "-Infinity",
    "nan",
    "inf",
    "1e999",
    '"NaN"',
    '"-inf"',
    '"nan"',
    '""',
    '"None"',
  ])("%s is null", async (ttft) => {
    const path = write(
      `${line("0.5")}\n${line(ttft, ',"outcome":"timeout","error":"NaN, Infinity","x":[NaN,1]')}\n`,
    );
    const [, row] = await readTtftLogs(path);
    expect(row).toMatchObject({ ttft_seconds: null, outcome: "timeout", error: "NaN, Infinity" });
    expect(row).toHaveProperty("x", [null, 1]);
  });

  it("is no excuse for a line that is not JSON for another reason", async () => {
    await expect(readTtftLogs(write(`{"ttft_seconds": NaN, oops}\n`))).rejects.toThrow("it is not JSON");
    await expect(readTtftLogs(write(`{"a": Information}\n`))).rejects.toThrow("it is not JSON");
  });

  it("stands in no place where a number is needed", async () => {
    const path = write(`{"run_index":NaN,"context_tokens":1000,"ttft_seconds":0.5}\n`);
    await expect(readTtftLogs(path)).rejects.toThrow("run_index is missing");
  });
});

describe("a map of labels", () => {
  it("is refused where one of them has no record", async () => {
    const full = write(`${line("0.5")}\n`);
    const empty = write("");
    const missing = join(room, "missing.jsonl");
    for (const read of [readTtftLogs, summariseTtftLogs]) {
      await expect(read({ A: full, B: missing })).rejects.toThrow(
        `Can't read ${missing}: there is no such file.`,
      );
      await expect(read({ A: full, B: [full, missing] })).rejects.toThrow(missing);
      await expect(read({ A: full, B: empty }, { onProblem: () => {} })).rejects.toThrow(
        `There is nothing to compare under "B": ${empty} contains no record.`,
      );
      expect(await read({ A: [full, empty] }, { onProblem: () => {} })).toHaveLength(1);
    }
  });
});

describe("logs of any kind", () => {
  it.each([
    ["a list of records", `[${line("0.5")}]\n`, "line 1: a record must be a JSON object"],
    ["Latin-1", Buffer.from(`${line("0.5", ',"note":"é"')}\n`, "latin1"), "line 1: its bytes are not UTF-8"],
    ["records with commas between them", `${line("0.5")},\n`, "line 1: it is not JSON"],
    ["no log at all", "# Notes\n", "line 1: it is not JSON"],
  ])("are not taken for empty where no line is a record: %s", async (_, content, reason) => {
    const full = write(`${line("0.5")}\n`);
    const bad = write(content);
    await expect(readByKind([full, bad])).rejects.toThrow(`${bad}, ${reason}`);
    const { ttft, problems } = await readByKind([full, bad], { onBadLine: "skip" });
    expect(ttft).toHaveLength(1);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining(`${bad}, ${reason}`),
      `${bad} contains no record.`,
    ]);
  });
});

/** A text in UTF-32, little end first. */
function utf32(text: string): Buffer {
  return Buffer.concat(
    Array.from(text, (character) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(character.codePointAt(0)!);
      return bytes;
    }),
  );
}

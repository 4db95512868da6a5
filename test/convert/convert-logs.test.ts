import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { csvFile } from "../../src/convert/csv-file.js";
import { TTFT_COLUMNS } from "../../src/domain/records/columns.js";
import { ORIGIN_KEYS } from "../../src/domain/records/log-origin.js";
import { logs } from "../../src/index.js";
import { jsonl, ttftLine } from "../logs/ttft-row.js";
import { REPORT_ROWS } from "../report/report-rows.js";
import { firsttokenHere } from "../support/cli-here.js";

const room = mkdtempSync(join(tmpdir(), "convert-"));
afterAll(() => rmSync(room, { recursive: true, force: true }));

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(room, "case-"));
});

/** RFC 4180, read by hand: each field with whether it was quoted. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [[]];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = field.exec(text); match !== null; match = field.exec(text)) {
    rows.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

const letters = fc.string({ unit: fc.constantFrom(",", '"', "\r", "\n", "=", "'", " ", "é", "\0") });

describe("a log as CSV", () => {
  it("has every column in order, further keys, every digit, and nothing for null", async () => {
    const line = ttftLine({ ttft_seconds: 0.1 + 0.2, gpu: "L4", tags: ["a", 'b"c'], error: null });
    writeFileSync(at("a.jsonl"), jsonl(line, ttftLine({ run_index: 2, cached_tokens: null })));
    const { kind, rows } = await logs.convert(at("a.jsonl"), { to: "csv", out: at("a.csv") });
    expect([kind, rows]).toEqual(["ttft", 2]);
    const [header, first, second] = csvRows(readFileSync(at("a.csv"), "utf8"));
    expect(header).toEqual([...Object.keys(TTFT_COLUMNS), "gpu", "tags", ...ORIGIN_KEYS]);
    const cell = (row: string[] | undefined, key: string) => row![header!.indexOf(key)];
    expect(cell(first, "ttft_seconds")).toBe("0.30000000000000004");
    expect(JSON.parse(cell(first, "tags")!)).toEqual(["a", 'b"c']);
    expect([cell(first, "error"), cell(second, "cached_tokens"), cell(second, "gpu")]).toEqual(["", "", ""]);
    expect(cell(first, "cached_tokens")).toBe("0");
  });

  it("gives back any text, and tells an empty one from none", () => {
    fc.assert(
      fc.property(fc.array(fc.option(letters), { minLength: 1, maxLength: 5 }), (texts) => {
        const rows = texts.map((text) => ({ prompt: text }));
        const read = {
          kind: "ttft",
          columns: {},
          rows,
          paths: [],
          versions: new Map(),
          problems: [],
        } as const;
        const csv = csvFile(read, false);
        const [, ...lines] = csvRows(csv);
        expect(lines.map(([text]) => text)).toEqual(texts.map((text) => text ?? ""));
        expect(csv.split("\r\n").filter((line) => line.startsWith('"",')).length).toBeGreaterThanOrEqual(
          texts.filter((text) => text === "").length,
        );
      }),
      { numRuns: 100 },
    );
  });

  it("keeps texts as they are, unless it is for a spreadsheet", async () => {
    writeFileSync(at("a.jsonl"), jsonl(ttftLine({ prompt: "=1+1" })));
    const args = ["convert", at("a.jsonl"), "--to", "csv", "--out"];
    expect((await firsttokenHere([...args, at("raw.csv")])).code).toBe(0);
    expect((await firsttokenHere([...args, at("safe.csv"), "--spreadsheet"])).code).toBe(0);
    expect(readFileSync(at("raw.csv"), "utf8")).toContain(",=1+1,");
    expect(readFileSync(at("safe.csv"), "utf8")).toContain(",'=1+1,");
  });

  it.each(["ttft", "blend", "quality", "proxy"] as const)("has all %s records", async (kind) => {
    writeFileSync(at("a.jsonl"), jsonl(...REPORT_ROWS[kind]));
    const converted = await logs.convert(at("a.jsonl"), { to: "csv", out: at("a.csv") });
    expect(converted.kind).toBe(kind);
    const [header, ...lines] = csvRows(readFileSync(at("a.csv"), "utf8"));
    expect(lines).toHaveLength(converted.rows);
    for (const line of lines) expect(line).toHaveLength(header!.length);
  });
});

describe("firsttoken convert", () => {
  it("refuses an existing file, and replaces it when told to", async () => {
    writeFileSync(at("a.jsonl"), jsonl(ttftLine()));
    writeFileSync(at("a.csv"), "mine");
    const args = ["convert", at("a.jsonl"), "--to", "csv", "--out", at("a.csv")];
    const refused = await firsttokenHere(args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("replace it with --overwrite");
    expect(readFileSync(at("a.csv"), "utf8")).toBe("mine");
    const { code, stdout } = await firsttokenHere([...args, "--overwrite"]);
    expect([code, stdout]).toEqual([0, `${at("a.csv")}\n`]);
    expect(readFileSync(at("a.csv"), "utf8")).toContain("ttft_seconds");
  });

  it("never replaces the log it reads", async () => {
    const log = jsonl(ttftLine());
    writeFileSync(at("a.jsonl"), log);
    const args = ["convert", at("a.jsonl"), "--to", "csv", "--out", at("a.jsonl"), "--overwrite"];
    const { code, stderr } = await firsttokenHere(args);
    expect([code, stderr.includes("one of the logs")]).toEqual([1, true]);
    expect(readFileSync(at("a.jsonl"), "utf8")).toBe(log);
  });

  it("refuses logs of several kinds, and names them", async () => {
    writeFileSync(at("t.jsonl"), jsonl(ttftLine()));
    writeFileSync(at("q.jsonl"), jsonl(...REPORT_ROWS.quality));
    const { code, stderr } = await firsttokenHere([
      "convert",
      at("*.jsonl"),
      "--to",
      "csv",
      "--out",
      at("a.csv"),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("t.jsonl holds ttft records");
    expect(stderr).toContain("q.jsonl holds quality records");
    expect(existsSync(at("a.csv"))).toBe(false);
  });

  it("stops at a bad line, or skips and names it", async () => {
    writeFileSync(at("a.jsonl"), `${jsonl(ttftLine())}{"run_index": 0}\n`);
    const args = ["convert", at("a.jsonl"), "--to", "csv", "--out", at("a.csv")];
    const stopped = await firsttokenHere(args);
    expect([stopped.code, existsSync(at("a.csv"))]).toEqual([1, false]);
    const skipped = await firsttokenHere([...args, "--skip_bad_lines"]);
    expect(skipped.code).toBe(0);
    expect(skipped.stderr).toContain("line 2");
    expect(skipped.stderr).toContain("1 ttft record.");
  });

  it.each([
    [["--to", "parquet", "--partition_by", "label,levels"], "columns of results/README.md"],
    [["--to", "parquet", "--partition_by", "label,gaps_seconds"], "columns of results/README.md"],
    [["--to", "parquet", "--partition_by", "label,label"], "each column once"],
    [["--to", "parquet", "--partition_by", "label,method"], "columns of ttft records (run_index, "],
    [["--to", "parquet", "--partition_by", "label,,model"], "must be a list of columns"],
    [["--to", "csv", "--partition_by", "label"], "must be left out unless to is parquet"],
  ])("refuses %j in words", async (args, words) => {
    writeFileSync(at("a.jsonl"), jsonl(ttftLine()));
    const { code, stderr } = await firsttokenHere(["convert", at("a.jsonl"), ...args, "--out", at("rows")]);
    expect([code, existsSync(at("rows"))]).toEqual([2, false]);
    expect(stderr.replace(/\s+/g, " ")).toContain(words);
  });

  it.each([
    "null",
    "NULL",
    "__HIVE_DEFAULT_PARTITION__",
  ])("makes no folder by the label %s, which would be read as none", async (label) => {
    writeFileSync(at("null.jsonl"), jsonl(ttftLine({ label })));
    const args = [
      "convert",
      at("null.jsonl"),
      "--to",
      "parquet",
      "--partition_by",
      "label",
      "--out",
      at("by-null"),
    ];
    const { code, stderr } = await firsttokenHere(args);
    expect([code, stderr.includes("would be read as none"), existsSync(at("by-null"))]).toEqual([
      1,
      true,
      false,
    ]);
  });

  it("replaces no folder that holds anything but Parquet", async () => {
    writeFileSync(at("a.jsonl"), jsonl(ttftLine()));
    mkdirSync(at("run/shard=0"), { recursive: true });
    writeFileSync(at("run/shard=0/log.jsonl"), jsonl(ttftLine()));
    const args = ["convert", at("a.jsonl"), "--to", "parquet", "--partition_by", "label", "--out", at("run")];
    expect((await firsttokenHere(args)).stderr).toContain("exists already");
    const { code, stderr } = await firsttokenHere([...args, "--overwrite"]);
    expect([code, existsSync(at("run/shard=0/log.jsonl"))]).toEqual([1, true]);
    expect(stderr).toContain("log.jsonl is no Parquet in folders by column, and would be lost");
  });

  it("says what is wrong with the place or the form", async () => {
    writeFileSync(at("a.jsonl"), jsonl(ttftLine()));
    const convert = (out: string) => firsttokenHere(["convert", at("a.jsonl"), "--to", "csv", "--out", out]);
    expect((await convert(at("none/a.csv"))).stderr).toContain("its folder is not there");
    // Folders are made for a folder of files, unless a file is in their place.
    const parted = await firsttokenHere([
      ...["convert", at("a.jsonl"), "--to", "parquet", "--partition_by", "label"],
      ...["--out", at("a.jsonl/new/rows")],
    ]);
    expect([parted.code, parted.stderr.includes("is a file, not a directory") || parted.stderr]).toEqual([
      1,
      true,
    ]);
    const bucket = await convert("s3://b");
    expect([bucket.code, bucket.stderr.includes("such as s3://bucket/run/")]).toEqual([1, true]);
    const form = await firsttokenHere(["convert", at("a.jsonl"), "--to", "xls", "--out", at("a.xls")]);
    expect([form.code, form.stderr.includes("Allowed choices")]).toEqual([2, true]);
    writeFileSync(at("empty.jsonl"), "");
    const empty = await firsttokenHere(["convert", at("empty.jsonl"), "--to", "csv", "--out", at("b.csv")]);
    expect([empty.code, empty.stderr.includes("no record to convert")]).toEqual([1, true]);
  });
});

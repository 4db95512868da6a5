import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import { LogError, OptionError } from "../../src/domain/errors/errors.js";
import { TTFT_COLUMNS } from "../../src/domain/records/columns.js";
import { ORIGIN_KEYS } from "../../src/domain/records/log-origin.js";
import type { LogProblem } from "../../src/logs/files/problem.js";
import { readTtftLogs, type TtftRows } from "../../src/logs/read-ttft-logs.js";
import { jsonl, ttftLine } from "./ttft-row.js";

const room = mkdtempSync(join(tmpdir(), "read-logs-"));
afterAll(() => rmSync(room, { recursive: true }));

let folder = "";
let count = 0;
beforeEach(() => {
  folder = join(room, `${count++}`);
  mkdirSync(folder);
});

const write = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** Reads and gathers the problems. */
const readAll = async (sources: string | string[] | Record<string, string>, options = {}) => {
  const problems: LogProblem[] = [];
  const rows = await readTtftLogs(sources, { ...options, onProblem: (problem) => problems.push(problem) });
  return { rows, problems };
};

const errorOf = async (reading: Promise<unknown>): Promise<LogError> => {
  const error = await reading.then(
    () => new Error("nothing was thrown"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof LogError) return error;
  throw error;
};

/** What reading adds to a row of this package, which no other tool measured. */
const OURS = {
  missing_cells: null,
  planned_cells: null,
  source_tool: null,
  source_version: null,
  ttft_definition: null,
};

describe("the labels", () => {
  it("are the keys of a map of sources, whatever the records say", async () => {
    const a = write("a.jsonl", jsonl(ttftLine({ label: "old name" })));
    const b = write("b.jsonl", jsonl(ttftLine({ ttft_seconds: 0.0312 })));
    const rows = await readTtftLogs({ vLLM: a, "vLLM + LMCache": [b] });
    expect(rows.map((row) => row.label)).toEqual(["vLLM", "vLLM + LMCache"]);
    expectTypeOf(rows).toEqualTypeOf<TtftRows<"vLLM" | "vLLM + LMCache">>();
    expectTypeOf(rows[0]!.label).toEqualTypeOf<"vLLM" | "vLLM + LMCache">();
  });

  it("have the folder before the file's name where two files share it", async () => {
    for (const server of ["vllm", "lmcache"]) {
      mkdirSync(join(folder, server));
      write(`${server}/all.jsonl`, jsonl(ttftLine({ label: null, model: server })));
    }
    const rows = await readTtftLogs([join(folder, "*/all.jsonl"), write("one.jsonl", jsonl(ttftLine()))]);
    expect(rows.map((row) => row.label)).toEqual(["lmcache/all", "vllm/all", "one"]);
  });

  it("are the records' own without a map, else the file's name", async () => {
    const path = write("vllm-run.jsonl", jsonl(ttftLine({ label: "own" }), ttftLine()));
    const rows = await readTtftLogs(path);
    expect(rows.map((row) => row.label)).toEqual(["own", "vllm-run"]);
    expectTypeOf(rows[0]!.label).toEqualTypeOf<string>();
  });
});

describe("the sources", () => {
  it("may be globs, in the order of their names, with directories and hidden files as in a shell", async () => {
    mkdirSync(join(folder, "sub", "deep"), { recursive: true });
    for (const name of ["b.jsonl", "a.jsonl", "sub/c.jsonl", "sub/deep/d1.jsonl", ".hidden.jsonl", "e.txt"]) {
      write(name, jsonl(ttftLine({ model: basename(name) })));
    }
    const models = async (pattern: string) =>
      (await readTtftLogs(join(folder, pattern))).map((row) => row.model);
    expect(await models("*.jsonl")).toEqual(["a.jsonl", "b.jsonl"]);
    expect(await models("**/*.jsonl")).toEqual(["a.jsonl", "b.jsonl", "c.jsonl", "d1.jsonl"]);
    expect(await models("sub/*/d?.jsonl")).toEqual(["d1.jsonl"]);
    expect(await models(".*.jsonl")).toEqual([".hidden.jsonl"]);
  });

  it("may be globs over folders with files between them", async () => {
    mkdirSync(join(folder, "sub"));
    write("sub/all.jsonl", jsonl(ttftLine()));
    write("beside.jsonl", jsonl(ttftLine()));
    expect(await readTtftLogs(join(folder, "*/all.jsonl"))).toHaveLength(1);
  });

  it("may be names with the signs of a glob in them", async () => {
    const path = write("what?.jsonl", jsonl(ttftLine()));
    write("whats.jsonl", jsonl(ttftLine()));
    expect(await readTtftLogs(path)).toHaveLength(1);
  });

  it("must exist", async () => {
    const missing = join(folder, "none.jsonl");
    expect((await errorOf(readTtftLogs(missing))).message).toBe(
      `Can't read ${missing}: there is no such file.`,
    );
    expect((await errorOf(readTtftLogs(join(folder, "*.jsonl")))).message).toContain("No file matches");
    expect((await errorOf(readTtftLogs(folder))).message).toBe(`There is no log in the folder ${folder}.`);
    await expect(readTtftLogs({})).rejects.toThrow(OptionError);
    await expect(readTtftLogs([])).rejects.toThrow(OptionError);
    await expect(readTtftLogs({ a: "" })).rejects.toThrow('sources["a"] must hold paths or globs');
  });

  it("are read once when a file is given twice under one label, which is reported", async () => {
    const path = write("a.jsonl", jsonl(ttftLine()));
    symlinkSync(path, join(folder, "link.jsonl"));
    const { rows, problems } = await readAll([path, join(folder, "link.jsonl")]);
    expect(rows).toHaveLength(1);
    expect(problems.map(({ kind }) => kind)).toEqual(["repeated file"]);
    const twoLabels = await readAll({ first: path, second: path });
    expect(twoLabels.rows).toHaveLength(2);
    expect(twoLabels.problems).toEqual([]);
  });

  it("count the requests of a merged log and its parts once", async () => {
    const parts = [1, 2].map((part) =>
      [0, 1, 2].map((i) =>
        ttftLine({ ttft_seconds: 0.1 + Math.sqrt(part * 10 + i) / 100, context_target: part * 1000 }),
      ),
    );
    write("all.jsonl", jsonl(...parts.flat()));
    write("ttft_1000.jsonl", jsonl(...parts[0]!));
    write("ttft_2000.jsonl", jsonl(...parts[1]!));
    const { rows, problems } = await readAll({ vLLM: join(folder, "*.jsonl") });
    expect(rows).toHaveLength(6);
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual(
      ["ttft_1000.jsonl", "ttft_2000.jsonl"].map((name) => [
        "repeated rows",
        `${join(folder, name)}: 3 rows are in ${join(folder, "all.jsonl")} too, under the same label; they were counted once.`,
      ]),
    );
  });

  it("count a log that was appended to itself once", async () => {
    const lines = [0, 1, 2].map((i) => ttftLine({ ttft_seconds: Math.sqrt(i + 2) / 7 }));
    const failed = ttftLine({ ttft_seconds: null, outcome: "timeout", error: "no byte in 300 s" });
    const path = write("a.jsonl", jsonl(...lines, failed, ...lines, failed));
    const { rows, problems } = await readAll(path);
    expect(rows.map(({ ttft_seconds }) => ttft_seconds)).toEqual([
      ...lines.map(({ ttft_seconds }) => ttft_seconds),
      null,
    ]);
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
      [
        "repeated rows",
        `${path}: 4 rows are in it twice, as if a log had been appended to itself; they were counted once.`,
      ],
    ]);
  });

  it.each([
    ["a row that says when it began", ttftLine({ ttft_seconds: 0.43 })],
    ["a failed one", ttftLine({ ttft_seconds: null, outcome: "timeout", error: "no byte in 300 s" })],
    [
      "one of the original's three keys",
      { run_index: 1, context_tokens: 1000, ttft_seconds: 0.4291348751234567 },
    ],
  ])("count %s once where a line stands twice in one file, and report it", async (_, line) => {
    const path = write("a.jsonl", jsonl(ttftLine(), line, ttftLine(), line, line));
    const { rows, problems } = await readAll(path);
    expect(rows).toHaveLength(3);
    expect(problems.filter(({ kind }) => kind === "repeated rows").map(({ message }) => message)).toEqual([
      `${path}: 2 rows are in it twice, as if a log had been appended to itself; they were counted once.`,
    ]);
  });

  it("keep equal rows of one file that may be two requests: rounded times, and no start or one to the second", async () => {
    const rounded = { run_index: 2, context_tokens: 1000, ttft_seconds: 0.431 };
    // 1795.431 - 1795: the milliseconds of a clock, with the noise of a subtraction.
    const subtracted = { ...rounded, ttft_seconds: 1795.431 - 1795 };
    const bySecond = ttftLine({ ttft_seconds: 0.25, started_at: "2026-11-20T10:00:00Z" });
    const lines = [rounded, rounded, subtracted, subtracted, bySecond, bySecond];
    const { rows, problems } = await readAll(write("a.jsonl", jsonl(...lines)));
    expect(rows).toHaveLength(6);
    expect(problems.filter(({ kind }) => kind === "repeated rows")).toEqual([]);
  });

  it("count a merged log and its parts once also where the files' names are the labels", async () => {
    const lines = [0, 1, 2].map((i) => ttftLine({ ttft_seconds: Math.sqrt(i + 2) / 7, label: null }));
    write("all.jsonl", jsonl(...lines));
    write("ttft_1000.jsonl", jsonl(...lines));
    const { rows, problems } = await readAll(join(folder, "*.jsonl"));
    expect(rows.map(({ label }) => label)).toEqual(["all", "all", "all"]);
    expect(problems.map(({ message }) => message)).toEqual([
      `${join(folder, "ttft_1000.jsonl")}: 3 rows are in ${join(folder, "all.jsonl")} too; they were counted once, as of that log.`,
    ]);
  });

  it("say which keys a log lacks that others have", async () => {
    const seed = { run_index: 1, context_tokens: 1000, ttft_seconds: 0.4 };
    const { rows, problems } = await readAll({
      old: write("seed.jsonl", jsonl(seed)),
      new: write("new.jsonl", jsonl(ttftLine(), ttftLine({ gpu: "L4" }))),
      newest: write("newest.jsonl", jsonl(ttftLine({ gpu: "L4" }))),
    });
    expect(rows).toHaveLength(4);
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
      [
        "mixed schemas",
        `${join(folder, "seed.jsonl")} lacks keys that other logs here have: label, model, prompt, prompt_kind, cache_state and ${Object.keys(TTFT_COLUMNS).length - 7} more.`,
      ],
    ]);
  });

  it("are not said to lack a key that one of their lines has in the place of another", async () => {
    const renamed = (key: string) =>
      Object.fromEntries(
        Object.entries(ttftLine()).map(([own, value]) => [own === "model" ? key : own, value]),
      );
    const { problems } = await readAll({
      both: write("both.jsonl", jsonl(renamed("gpu"), renamed("host"))),
      second: write("second.jsonl", jsonl(renamed("gpu"), renamed("host"), { ...renamed("gpu"), trial: 9 })),
    });
    expect(problems.filter(({ kind }) => kind === "mixed schemas")).toEqual([]);
    const { problems: lacking } = await readAll({
      both: join(folder, "both.jsonl"),
      one: write("one.jsonl", jsonl(renamed("gpu"))),
    });
    expect(lacking.map(({ message }) => message)).toContainEqual(
      `${join(folder, "one.jsonl")} lacks keys that other logs here have: host.`,
    );
  });

  it("are not said to lack what an earlier reading added to a converted log", async () => {
    const origin = Object.fromEntries(ORIGIN_KEYS.map((key) => [key, null]));
    const { problems } = await readAll({
      own: write("own.jsonl", jsonl(ttftLine({ ttft_seconds: 0.4321 }))),
      converted: write("converted.jsonl", jsonl({ ...ttftLine({ ttft_seconds: 0.1234 }), ...origin })),
    });
    expect(problems).toEqual([]);
  });

  it("keep equal rows of different files where the numbers are rounded and may be equal by chance", async () => {
    write("a.jsonl", jsonl(ttftLine({ ttft_seconds: 0.43 })));
    write("b.jsonl", jsonl(ttftLine({ ttft_seconds: 0.43 })));
    const { rows, problems } = await readAll({ vLLM: join(folder, "*.jsonl") });
    expect([rows.length, problems]).toEqual([2, []]);
  });
});

describe("a row", () => {
  it("has its keys in one order, unknown ones last", async () => {
    const shuffled = {
      note: "kept",
      ...Object.fromEntries(Object.entries(ttftLine()).reverse()),
      gpu: { name: "L4" },
    };
    const [row] = await readTtftLogs(write("a.jsonl", jsonl(shuffled)));
    expect(Object.keys(row!)).toEqual([...Object.keys(TTFT_COLUMNS), "note", "gpu", ...ORIGIN_KEYS]);
    const origin = {
      own_label: null,
      log_label: null,
      log_path: join(folder, "a.jsonl"),
      log_server: null,
      ...OURS,
    };
    expect(row).toEqual({ ...shuffled, label: "a", ...origin });
  });

  it("says where it was read from: its own label, and its log's key, path and server", async () => {
    const manifest = { server: "http://a40:8000/v1", options: {}, started_at: "2026-11-20T10:00:00.000Z" };
    const a = write("a.jsonl", jsonl(ttftLine({ label: "own" })));
    const b = write("b.jsonl", jsonl(ttftLine({ trial: 2 })));
    write("a.jsonl.meta.json", JSON.stringify(manifest));
    write("b.jsonl.meta.json", "{ no page");
    const originOf = ({ own_label, log_label, log_path, log_server }: TtftRows[number]) => [
      ...[own_label, log_label, log_path, log_server],
    ];
    const rows = await readTtftLogs({ A40: a, H100: b });
    expect(rows.map(originOf)).toEqual([
      ["own", "A40", a, manifest.server],
      [null, "H100", b, null],
    ]);
    // Rows that were written again keep what they knew, and are still the same requests as in their log.
    const merged = write("merged.jsonl", jsonl(...rows));
    expect((await readTtftLogs(merged)).map(originOf)).toEqual([
      ["own", "A40", merged, manifest.server],
      ["H100", "H100", merged, null],
    ]);
  });

  it("of the original's three keys ended well and leaves the rest open", async () => {
    const seed = "test/fixtures/logs/seed.jsonl";
    const rows = await readTtftLogs(seed);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toEqual({
      ...Object.fromEntries(Object.keys(TTFT_COLUMNS).map((key) => [key, null])),
      run_index: 1,
      context_tokens: 1000,
      ttft_seconds: 0.4291348751234567,
      label: "seed",
      evidence: "unproven",
      outcome: "ok",
      own_label: null,
      log_label: null,
      log_path: seed,
      log_server: null,
      ...OURS,
    });
    const stated = await readTtftLogs(seed, { seedStates: { first: "cold", following: "warm" } });
    expect(stated.map((row) => row.cache_state)).toEqual(["cold", "warm", "warm"]);
  });

  it("keeps its own cache state where seedStates are given", async () => {
    const path = write("a.jsonl", jsonl(ttftLine({ run_index: 2, cache_state: "flushed" })));
    const [row] = await readTtftLogs(path, { seedStates: { first: "cold", following: "warm" } });
    expect(row!.cache_state).toBe("flushed");
  });

  it("without TTFT and outcome did not end well", async () => {
    const [row] = await readTtftLogs(
      write("a.jsonl", '{"run_index":1,"context_tokens":10,"ttft_seconds":null}\n'),
    );
    expect(row).toMatchObject({ outcome: "error", error: "the log does not say why", ttft_seconds: null });
  });

  it("takes a key named __proto__ as a key like any other", async () => {
    const [row] = await readTtftLogs(
      write(
        "a.jsonl",
        '{"run_index":1,"context_tokens":10,"ttft_seconds":1,"__proto__":{"outcome":"error"}}\n',
      ),
    );
    expect(row!.outcome).toBe("ok");
    expect(Object.keys(row!)).toContain("__proto__");
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
  });
});

describe("a bad line", () => {
  const cases: readonly (readonly [name: string, line: string, reason: string | RegExp])[] = [
    ["not JSON", "TTFT_1 = 0.429s", /it is not JSON/],
    ["an array", "[1]", "a record must be a JSON object"],
    ["a number", "12", "a record must be a JSON object"],
    ["no run_index", '{"context_tokens":1,"ttft_seconds":1}', "run_index is missing"],
    ["no context_tokens", '{"run_index":1,"ttft_seconds":1}', "context_tokens is missing"],
    ["no ttft_seconds", '{"run_index":1,"context_tokens":1}', "ttft_seconds is missing"],
    [
      "a TTFT in text",
      jsonl(ttftLine({ ttft_seconds: "0.4" })),
      'ttft_seconds must be null or a number, 0 or more; it is "0.4"',
    ],
    [
      "a negative TTFT",
      jsonl(ttftLine({ ttft_seconds: -1 })),
      "ttft_seconds must be null or a number, 0 or more; it is -1",
    ],
    ["run 0", jsonl(ttftLine({ run_index: 0 })), "run_index must be an integer from 1; it is 0"],
    [
      "an unknown outcome",
      jsonl(ttftLine({ outcome: "fine" })),
      "outcome must be one of ok, error, incomplete, timeout",
    ],
    [
      "an unknown state",
      jsonl(ttftLine({ cache_state: "hot" })),
      "cache_state must be one of cold, warm, flushed",
    ],
    ["ok with an error", jsonl(ttftLine({ error: "boom" })), "error must be null where outcome is ok"],
    ["bytes that are not UTF-8", "\xff\xfe{", "its bytes are not UTF-8"],
  ];

  it.each(cases)("(%s) is an error with file and line", async (_, line, reason) => {
    const good = jsonl(ttftLine());
    const path = write("a.jsonl", Buffer.from(`${good}${line.trimEnd()}\n${good}`, "latin1"));
    const error = await errorOf(readTtftLogs(path));
    expect(error.line).toBe(2);
    expect(error.path).toBe(path);
    expect(error.message.startsWith(`${path}, line 2: `)).toBe(true);
    expect(error.message).toMatch(reason);
  });

  it.each(cases)("(%s) can be skipped and is then reported", async (_, line, reason) => {
    const [good, more] = [jsonl(ttftLine()), jsonl(ttftLine())];
    const path = write("a.jsonl", Buffer.from(`${good}${line.trimEnd()}\n${more}`, "latin1"));
    const { rows, problems } = await readAll(path, { onBadLine: "skip" });
    expect(rows).toHaveLength(2);
    expect(problems).toEqual([{ path, line: 2, kind: "bad line", message: expect.stringMatching(reason) }]);
  });

  it("is summed up on stderr, one sentence a file, when nobody listens", async () => {
    const path = write("a.jsonl", `oops\n${jsonl(ttftLine())}oops\noops\n`);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    try {
      expect(await readTtftLogs(path, { onBadLine: "skip" })).toHaveLength(1);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]![0]).toMatch(/a\.jsonl: 3 bad lines; the first: .*line 1: it is not JSON/);
    } finally {
      warn.mockRestore();
    }
  });

  it("can't be skipped in any other way", async () => {
    // @ts-expect-error: the option is a union, and checked as well
    await expect(readTtftLogs("x", { onBadLine: "ignore" })).rejects.toThrow(OptionError);
  });
});

describe("the end of a log", () => {
  it("cut by a crash is reported and the rest kept, wherever the cut is", async () => {
    const good = jsonl(ttftLine({ prompt: "概括这段文字" }));
    const bytes = Buffer.from(good);
    for (const cut of [1, 2, 20, bytes.indexOf("概") + 1, bytes.length - 2]) {
      const path = write("a.jsonl", Buffer.concat([bytes, bytes.subarray(0, cut)]));
      const { rows, problems } = await readAll(path);
      expect(rows).toHaveLength(1);
      expect(problems).toEqual([
        {
          path,
          line: 2,
          kind: "cut line",
          message: expect.stringContaining("line 2: the last line was cut by a crash"),
        },
      ]);
    }
  });

  it("of zeros, as a power cut leaves them, is a cut too", async () => {
    const { rows, problems } = await readAll(write("a.jsonl", `${jsonl(ttftLine())}${"\0".repeat(512)}`));
    expect(rows).toHaveLength(1);
    expect(problems.map(({ kind }) => kind)).toEqual(["cut line"]);
  });

  it("without a newline is a record all the same", async () => {
    const { rows, problems } = await readAll(write("a.jsonl", jsonl(ttftLine()).trimEnd()));
    expect(rows).toHaveLength(1);
    expect(problems).toEqual([]);
  });

  it("of something that never was a record is a bad line", async () => {
    expect((await errorOf(readTtftLogs(write("a.jsonl", "hello")))).line).toBe(1);
  });

  it("is reported when it comes before the first record", async () => {
    const { rows, problems } = await readAll(write("a.jsonl", "\n\n"));
    expect(rows).toEqual([]);
    expect(problems.map(({ kind }) => kind)).toEqual(["empty file"]);
  });
});

describe("the text of a log", () => {
  it("may have a byte-order mark, CRLF and blank lines", async () => {
    const [line, more] = [ttftLine(), ttftLine()].map((one) => JSON.stringify(one));
    const { rows, problems } = await readAll(write("a.jsonl", `\uFEFF${line}\r\n\r\n  \n${more}\r\n`));
    expect(rows).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  it("must not be UTF-16", async () => {
    const path = write("a.jsonl", Buffer.from(`\uFEFF${jsonl(ttftLine())}`, "utf16le"));
    expect((await errorOf(readTtftLogs(path))).message).toBe(
      `${path} is UTF-16 (its first bytes say so); save it as UTF-8.`,
    );
  });

  it("may have lines longer than what is read at once", async () => {
    const long = "x".repeat(9_000_000);
    const path = write("a.jsonl", jsonl(ttftLine(), ttftLine({ prompt: long }), ttftLine()));
    const rows = await readTtftLogs(path);
    expect(rows.map((row) => row.prompt!.length)).toEqual([19, 9_000_000, 19]);
  });

  it("may be larger than what is read at once, with characters across the pieces", async () => {
    const prompt = "概括这段文字🙂".repeat(100);
    const lines = Array.from({ length: 3_500 }, (_, i) => ttftLine({ trial: i + 1, prompt }));
    const path = write("a.jsonl", jsonl(...lines));
    expect(readFileSync(path).length).toBeGreaterThan(2 * 4_194_304);
    const rows = await readTtftLogs(path);
    expect(rows).toHaveLength(3_500);
    expect(rows.every((row, i) => row.trial === i + 1 && row.prompt === prompt)).toBe(true);
  });
});

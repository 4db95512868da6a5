import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Columns } from "../../src/domain/records/column.js";
import {
  BLEND_COLUMNS,
  keyMeant,
  PROXY_COLUMNS,
  QUALITY_COLUMNS,
  TTFT_COLUMNS,
} from "../../src/domain/records/columns.js";
import { openRunLog } from "../../src/logs/files/run-log.js";
import { readByKind } from "../../src/logs/read-by-kind.js";
import { readBlendLogs, readQualityLogs } from "../../src/logs/read-method-logs.js";
import { readProxyLogs } from "../../src/logs/read-proxy-logs.js";
import { readTtftLogs } from "../../src/logs/read-ttft-logs.js";
import {
  parseBlendRecord,
  parseProxyRecord,
  parseQualityRecord,
  parseTtftRecord,
} from "../../src/logs/records/record-lines.js";
import { type Frame, rows } from "../../src/notebook/frame.js";
import { sortFrame, summariseFrame } from "../../src/notebook/frames.js";
import { rowsTable } from "../../src/notebook/rows-table.js";

const folder = mkdtempSync(join(tmpdir(), "older-keys-"));
const write = (name: string, ...lines: readonly object[]): string => {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
};

/** A frame as danfojs has it, which is not installed here. */
class TwoColumns implements Frame {
  readonly columns: readonly string[];
  readonly dtypes: readonly string[];
  readonly values: readonly unknown[];
  constructor(
    values: readonly unknown[],
    options: { readonly columns?: readonly string[]; readonly dtypes?: readonly string[] } = {},
  ) {
    this.values = values;
    this.columns = options.columns ?? ["label", "e2e_seconds"];
    this.dtypes = options.dtypes ?? ["string", "float32"];
  }
}

const METHOD = { method: "full_prefill", label: "Full prefill" };
const KINDS = [
  {
    kind: "ttft",
    columns: TTFT_COLUMNS as Columns,
    parse: parseTtftRecord as (line: unknown) => object,
    read: readTtftLogs as (path: string | string[], options?: object) => Promise<readonly object[]>,
    line: { run_index: 1, context_tokens: 100, ttft_seconds: 0.25 },
    older: { total_seconds: "e2e_seconds" },
  },
  {
    kind: "blend",
    columns: BLEND_COLUMNS as Columns,
    parse: parseBlendRecord as (line: unknown) => object,
    read: readBlendLogs as (path: string | string[], options?: object) => Promise<readonly object[]>,
    line: { run_index: 1, context_tokens: 100, ttft_seconds: 0.25, ...METHOD },
    older: { total_seconds: "e2e_seconds" },
  },
  {
    kind: "quality",
    columns: QUALITY_COLUMNS as Columns,
    parse: parseQualityRecord as (line: unknown) => object,
    read: readQualityLogs as (path: string | string[], options?: object) => Promise<readonly object[]>,
    line: {
      ...{ example_id: "1", dataset: "musique", metric: "token_f1", score: 1, references: ["a"] },
      ...{ ttft_seconds: 0.25, ...METHOD },
    },
    older: { total_seconds: "e2e_seconds" },
  },
  {
    kind: "proxy",
    columns: PROXY_COLUMNS as Columns,
    parse: parseProxyRecord as (line: unknown) => object,
    read: readProxyLogs as (path: string | string[], options?: object) => Promise<readonly object[]>,
    line: { run_index: 1, target: "direct", mode: "stream", outcome: "ok", ttft_seconds: 0.25, label: "a" },
    older: {
      latency_seconds: "e2e_seconds",
      held_chunks: "coalesced_chunks",
      held_at_start_chunks: "coalesced_at_start_chunks",
    },
  },
] as const;

const under = (keys: readonly string[], value: (index: number) => unknown) =>
  Object.fromEntries(keys.map((key, index) => [key, value(index)]));

describe.each(KINDS)("an older $kind log", ({ columns, parse, read, line, older, kind }) => {
  const olds = Object.keys(older);
  const todays = Object.values(older) as string[];
  const old = { ...line, ...under(olds, (index) => index + 1.5) };
  const today = { ...line, ...under(todays, (index) => index + 1.5) };

  it("has the keys that the columns say it had, which are nobody's today", () => {
    const formerly = Object.entries(columns).flatMap(([key, column]) =>
      column.formerly === undefined ? [] : [[column.formerly, key]],
    );
    expect(Object.fromEntries(formerly)).toEqual(older);
    for (const name of olds) expect(columns).not.toHaveProperty(name);
  });

  it("is read as one of today, to the last key", () => {
    expect(JSON.stringify(parse(old))).toBe(JSON.stringify(parse(today)));
    for (const name of olds) expect(parse(old)).not.toHaveProperty(name);
  });

  it("loses nothing where a line has both keys: today's counts, and what the other says besides is kept", () => {
    const both = { ...today, ...under(olds, () => 99) };
    expect(parse(both)).toEqual({ ...parse(today), ...under(olds, () => 99) });
    expect(parse({ ...today, ...old })).toEqual(parse(today));
  });

  it.each([
    null,
    Number.NaN,
    "NaN",
  ])("is read by the older key where today's says %s, as in joined tables", (nothing) => {
    expect(parse({ ...old, ...under(todays, () => nothing) })).toEqual(parse(today));
    expect(parse({ ...today, ...under(olds, () => null) })).toEqual(parse(today));
  });

  it("says nothing where neither key does", () => {
    const nothing = parse({ ...line, ...under(olds, () => null) }) as Record<string, unknown>;
    for (const key of todays) expect(nothing[key]).toBeNull();
    for (const key of olds) expect(nothing).not.toHaveProperty(key);
  });

  it("is refused by the key that stands in it", () => {
    for (const name of olds) {
      expect(() => parse({ ...line, ...under(olds, () => 1), [name]: -1 })).toThrow(
        `${name} must be null or a number, 0 or more; it is -1`,
      );
    }
  });

  it("is written and read again as what it says, with any numbers under any of the keys", () => {
    const number = fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), { nil: null });
    const keys = [...todays, ...olds];
    fc.assert(
      fc.property(fc.tuple(...keys.map(() => number)), (values) => {
        const record = parse({ ...line, ...under(keys, (index) => values[index]) });
        expect(parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
      }),
    );
  });

  it("goes together with one of today: no key is said to be lacking", async () => {
    const problems: unknown[] = [];
    const paths = [
      write(`${kind}-old.jsonl`, old),
      write(`${kind}-today.jsonl`, { ...today, ttft_seconds: 0.75 }),
    ];
    const rows = await read(paths, { onProblem: (problem: unknown) => problems.push(problem) });
    expect(problems).toEqual([]);
    for (const row of rows) expect(row).toMatchObject(under(todays, (index) => index + 1.5));
    expect((await readByKind(paths))[kind]).toHaveLength(2);
  });

  it("is gone on with under today's keys", async () => {
    const path = write(`${kind}-resumed.jsonl`, old);
    const log = openRunLog(path, { resume: true }, parse);
    expect(log.earlier).toEqual([parse(today)]);
    log.append(parse({ ...today, ttft_seconds: 0.5 }));
    log.close();
    expect(readFileSync(path, "utf8")).toContain(`"${todays[0]}":1.5`);
    const rows = await read(path);
    for (const row of rows) expect(row).toMatchObject(under(todays, (index) => index + 1.5));
    expect(rows).toHaveLength(2);
  });
});

describe("a key of older logs", () => {
  it("is meant by its name of today and the other way round, never in place of a key that is there", () => {
    expect(keyMeant(["e2e_seconds"], "latency_seconds")).toBe("e2e_seconds");
    expect(keyMeant(["total_seconds"], "e2e_seconds")).toBe("total_seconds");
    expect(keyMeant(["e2e_seconds", "total_seconds"], "total_seconds")).toBe("total_seconds");
    expect(keyMeant(["ttft_seconds"], "total_seconds")).toBeUndefined();
    expect(keyMeant(["constructor"], "toString")).toBeUndefined();
  });

  it("names a column of a frame", () => {
    const frame = new TwoColumns([
      ["a", 2],
      ["b", 1],
    ]);
    expect(rows(sortFrame(frame, "latency_seconds")).map(({ label }) => label)).toEqual(["b", "a"]);
    expect(rows(summariseFrame(frame, "total_seconds", { by: "label" }))).toHaveLength(2);
    expect(() => sortFrame(frame, "held_chunks")).toThrow("must be one of label, e2e_seconds");
  });

  it("chooses a column of rows", () => {
    const table = rowsTable([{ label: "a", e2e_seconds: 1, coalesced_chunks: 2 }], {
      columns: ["label", "total_seconds", "held_chunks"],
    });
    expect(table.rows).toEqual([{ label: "a", e2e_seconds: 1, coalesced_chunks: 2 }]);
  });
});

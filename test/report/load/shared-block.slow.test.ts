import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as load from "../../../src/api/load.js";
import * as methods from "../../../src/api/methods.js";
import * as workloads from "../../../src/api/workloads.js";
import { connect } from "../../../src/client/connect.js";
import type { LoadRecord } from "../../../src/domain/records/record-kinds.js";
import { engineHere } from "../../support/engine-here.js";

const SHARDS = 3;
const room = mkdtempSync(join(tmpdir(), "shared-block-"));
const logOf = (run: string, index: number) => join(run, `shard=${index}`, "log.jsonl");
let single: readonly LoadRecord[];
let manifest: { readonly options: Readonly<Record<string, unknown>> };

beforeAll(async () => {
  const served = await engineHere();
  const server = await connect(served.url);
  const log = join(room, "alone.jsonl");
  single = await load.run({
    methods: { "Full prefill": methods.fullPrefill(server), "Prefix cache": methods.prefixCache(server) },
    workload: workloads.unique({ promptTokens: 64, outputTokens: 2 }),
    ...{ ratesPerSecond: [40], requests: 32, blocks: 2, log },
  });
  const { lines: _lines, ...page } = JSON.parse(readFileSync(`${log}.meta.json`, "utf8"));
  manifest = page;
  server.close();
  await served.close();
});
afterAll(() => rmSync(room, { recursive: true }));

/** The run of one machine as three parts would have measured it: their rows and manifests in a folder. */
function inParts(change: (row: LoadRecord) => object = () => ({})): string {
  const run = join(mkdtempSync(join(room, "run-")), "run");
  const requests = new Map<string, number>();
  for (const { label, block } of single) {
    const cell = `${label} at 40/s, repeat 1, block ${block}`;
    requests.set(cell, (requests.get(cell) ?? 0) + 1);
  }
  for (let index = 0; index < SHARDS; index++) {
    const rows = single
      .filter(({ run_index }) => run_index % SHARDS === index)
      .map((row) => ({
        ...{ ...row, block_steady: null, shard: index, shards: SHARDS, block_measured_requests: 16 },
        block_starts_at: `2026-03-01T12:00:${row.label === "Prefix cache" ? 1 : 0}${row.block}.000Z`,
        ...{ shard_late_seconds: 0.001, clock_offset_seconds: 0.1, clock_offset_error_seconds: 0.1 },
        block_seconds: row.block_seconds! - 0.01 * index,
      }))
      .map((row) => ({ ...row, ...change(row) }));
    const options = {
      ...manifest.options,
      shard: { index, count: SHARDS },
      ...{
        cell_requests: Object.fromEntries(requests),
        start_at: "2026-03-01T12:00:01.000Z",
        slot_seconds: 6,
      },
    };
    const log = logOf(run, index);
    mkdirSync(dirname(log), { recursive: true });
    writeFileSync(log, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    writeFileSync(`${log}.meta.json`, JSON.stringify({ ...manifest, options }));
  }
  return run;
}

const changeManifest = (log: string, change: object) => {
  const page = JSON.parse(readFileSync(`${log}.meta.json`, "utf8"));
  writeFileSync(`${log}.meta.json`, JSON.stringify({ ...page, options: { ...page.options, ...change } }));
};
const slo = { ttftSeconds: 60 };
/** A table's text without its line breaks. */
const told = ({ text }: { readonly text: string }) => text.replace(/\s+/g, " ");

describe("a load that several parts made", () => {
  it("is read as the load of one machine: the same blocks, steadiness, goodput and interval", async () => {
    const read = await load.read(inParts());
    const numbers = (rows: readonly LoadRecord[]) => load.table(rows, { slo }).rows;
    expect(numbers(read)).toEqual(numbers(single));
    expect(load.table(read).text).not.toContain("not whole");
    const reuse = (rows: readonly LoadRecord[]) => load.reuseTable(rows).rows;
    expect(reuse(read)).toEqual(reuse(single));
    // Also from one file with the rows of all parts.
    const merged = join(room, "merged.jsonl");
    writeFileSync(
      merged,
      [...read]
        .reverse()
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(""),
    );
    expect(numbers(await load.read(merged))).toEqual(numbers(single));
  });

  it("is two loads where two runs are read under one label", async () => {
    const later = ({ block_starts_at }: LoadRecord) => ({
      block_starts_at: block_starts_at!.replace("2026-03-01", "2026-03-02"),
    });
    const rows = await load.read([inParts(), inParts(later)], { onProblem: () => {} });
    expect(load.table(rows).rows.map(({ blocks }) => blocks)).toEqual([4, 4]);
  });

  it("is limited by the client where one part was", async () => {
    const rows = await load.read(inParts(({ shard }) => ({ client_limit: shard === 2 ? "busy" : "none" })));
    expect(load.table(rows).rows.map(({ client_limited_blocks }) => client_limited_blocks)).toEqual([2, 2]);
  });

  it("is refused where a part is missing; read nevertheless, its levels have no numbers", async () => {
    const run = inParts();
    rmSync(join(run, "shard=1"), { recursive: true });
    await expect(load.read(run)).rejects.toThrow(
      /lacks 4 of 4 cells: nothing of part 1 of 3 \(from 0\) is there; not measured in full: .* at 40\/s, repeat 1, block 1 \(\d+ of 22 requests\)/,
    );
    const rows = await load.read(run, { allowPartial: true, onProblem: () => {} });
    const table = load.table(rows, { slo });
    const [text, shown] = [told(table), table.rows];
    expect(text).toContain("This run is not whole: 4 of its 4 cells are missing.");
    expect(text).toContain("so the load was never complete and nothing is averaged");
    const numbers = shown.flatMap((row) =>
      Object.entries(row).filter(([name]) => /^(ttft_p|goodput_(per|low|high))/.test(name)),
    );
    expect(numbers.length).toBeGreaterThan(8);
    expect(numbers.every(([, value]) => value === null)).toBe(true);
    expect(shown.map(({ settled }) => settled)).toEqual([false, false]);
  });

  it("keeps the blocks before a part died, and leaves out those behind", async () => {
    const run = inParts();
    const log = logOf(run, 0);
    const before = readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line.includes('"block":1,'));
    writeFileSync(log, `${before.join("\n")}\n`);
    await expect(load.read(run)).rejects.toThrow("lacks 2 of 4 cells: not measured in full: ");
    const rows = await load.read(run, { allowPartial: true, onProblem: () => {} });
    const table = load.table(rows, { slo });
    expect(table.rows.map(({ blocks, requests_n }) => [blocks, requests_n])).toEqual([
      [1, 16],
      [1, 16],
    ]);
    expect(told(table)).toContain(
      "1 block left out because some parts of the run did not send their requests",
    );
  });

  it("may lack a part that has nothing to send", async () => {
    const run = inParts();
    for (let index = 0; index < SHARDS; index++)
      changeManifest(logOf(run, index), { shard: { index, count: 4 } });
    expect(await load.read(run)).toHaveLength(single.length);
  });

  it("is refused where its parts started at different times, or have different plans", async () => {
    const run = inParts();
    changeManifest(logOf(run, 2), { slot_seconds: 7 });
    await expect(load.read(run, { allowPartial: true })).rejects.toThrow("did not start together");
    changeManifest(logOf(run, 2), { slot_seconds: 6, start_at: "2026-03-01T12:00:02.000Z" });
    await expect(load.read(run, { allowPartial: true })).rejects.toThrow("did not start together");
    changeManifest(logOf(run, 2), { plan_id: "another" });
    await expect(load.read(run, { allowPartial: true })).rejects.toThrow("are not of one run");
  });

  it("tells of parts that began late, and of clocks that differ", async () => {
    const textOf = async (change: object) =>
      told(load.table(await load.read(inParts(({ shard }) => (shard === 2 ? change : {})))));
    expect(await textOf({ shard_late_seconds: 0.7 })).toContain(
      "a part began up to 0.700 s late in 2 of 2 blocks",
    );
    // The others' clocks are at most 0.2 s behind the server's, this one's at least 8.9 s.
    expect(await textOf({ clock_offset_seconds: 9 })).toContain(
      "the parts' clocks differ by at least 8.70 s",
    );
    expect(await textOf({})).not.toMatch(/clocks|began/);
  });
});

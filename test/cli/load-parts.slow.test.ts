import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as load from "../../src/api/load.js";
import * as mock from "../../src/api/mock.js";
import { firsttokenHere } from "../support/cli-here.js";

const bin = join(import.meta.dirname, "../../dist/cli/bin.js");
const folder = mkdtempSync(join(tmpdir(), "load-parts-"));
const PARTS = 3;
let provider: Awaited<ReturnType<typeof mock.serve>>;
/** How long a process takes until it is ready, which on a busy machine may be long. */
let startSeconds: number;

const started = (args: readonly string[]) =>
  spawn(
    process.execPath,
    [
      ...[bin, "load", "--api_base", provider.url, "--methods", "full"],
      ...["--workload", "unique", "--prompt_tokens", "64", "--blocks", "1", ...args],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );

beforeAll(async () => {
  provider = await mock.serve({ chunks: 3 });
  const before = performance.now();
  const few = started(["--concurrency", "1", "--requests", "2", "--out", join(folder, "few.jsonl")]);
  // A process is not closed before its output is read.
  for (const stream of [few.stdout, few.stderr]) stream.resume();
  await once(few, "close");
  startSeconds = (performance.now() - before) / 1_000;
}, 60_000);
afterAll(async () => {
  await provider.close();
  rmSync(folder, { recursive: true });
});

const logOf = (run: string, index: number) => join(run, `shard=${index}`, "log.jsonl");

/** A part of a load in a process of its own: one label, two rates, a block each. */
function part(run: string, index: number, startAt: Date, slotSeconds: number) {
  const slot = String(Math.ceil(slotSeconds));
  const one = started([
    ...["--rates", "20,30", "--requests", "60", "--slot_seconds", slot, "--seed", "4"],
    ...["--shard", `${index}/${PARTS}`, "--start_at", startAt.toISOString(), "--out", run],
  ]);
  let said = "";
  for (const stream of [one.stdout, one.stderr])
    stream.on("data", (bytes) => {
      said += bytes;
    });
  return {
    process: one,
    ended: once(one, "close").then(([code]) => ({ code: code as number | null, said })),
  };
}

const soon = () => new Date(Date.now() + 1_000 * (4 + 3 * startSeconds));
const until = async (happened: () => boolean) => {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 50));
};

describe("a load of several processes at once", () => {
  it("is one Poisson process at the stated rate, whole, and printed only once it is merged", async () => {
    const run = join(folder, "run");
    const startAt = soon();
    const ended = await Promise.all(
      [0, 1, 2].map((index) => part(run, index, startAt, 8 + 1.5 * startSeconds).ended),
    );
    for (const { code, said } of ended) {
      expect(code, said).toBe(0);
      expect(said).not.toContain("TTFT");
    }
    const rows = await load.read(run);
    // 60 measured, 12 before them and 6 behind, at each of two rates.
    expect(rows).toHaveLength(2 * 78);
    const table = load.table(rows, { slo: { ttftSeconds: 60 } });
    expect(
      table.rows.map(({ rate_per_second, blocks, requests_n }) => [rate_per_second, blocks, requests_n]),
    ).toEqual([
      [20, 1, 60],
      [30, 1, 60],
    ]);
    for (const rate of [20, 30]) {
      const own = rows
        .filter((row) => row.rate_per_second === rate)
        .sort((a, b) => a.run_index - b.run_index);
      const due = own.map(({ scheduled_seconds }) => scheduled_seconds!);
      expect(due).toEqual([...due].sort((a, b) => a - b));
      const measured = own
        .filter(({ phase }) => phase === "measured")
        .map(({ scheduled_seconds }) => scheduled_seconds!);
      const next = own.find(({ phase }) => phase === "ramp_down")!.scheduled_seconds!;
      expect(next - measured[0]!).toBeCloseTo(60 / rate, 6);
      // Each part's own requests: a third of them, give or take four standard deviations.
      for (const shard of [0, 1, 2]) {
        const count = own.filter((row) => row.shard === shard).length;
        expect(Math.abs(count - 26)).toBeLessThan(4 * Math.sqrt((78 * 2) / 9));
      }
    }
    const page = join(folder, "report.html");
    expect((await firsttokenHere(["report", run, "--out", page])).code).toBe(0);
    expect(readFileSync(page, "utf8")).toContain("20/s");
  });

  it("marks the level at which a part was killed, and one part that comes too late leaves out what is over", async () => {
    const run = join(folder, "killed");
    // Within one slot the late part starts, and leaves out the block of that slot.
    const slotSeconds = 8 + 5 * startSeconds;
    const startAt = soon();
    const parts = [0, 1].map((index) => part(run, index, startAt, slotSeconds));
    await until(() => existsSync(logOf(run, 1)));
    parts[1]!.process.kill("SIGKILL");
    await until(() => Date.now() > startAt.getTime() + 2_000);
    const late = await part(run, 2, startAt, slotSeconds).ended;
    expect(late.code, late.said).toBe(1);
    expect(late.said).toContain("Left out: Full prefill at 20/s");
    expect((await parts[0]!.ended).code).toBe(0);
    await expect(load.read(run)).rejects.toThrow(
      /lacks 2 of 2 cells: nothing of part 1 of 3 \(from 0\) is there; not measured in full: Full prefill at 20\/s/,
    );
    const rows = await load.read(run, { allowPartial: true, onProblem: () => {} });
    expect(
      new Set(rows.filter((row) => row.shard === 2).map(({ rate_per_second }) => rate_per_second)),
    ).toEqual(new Set([30]));
    expect(load.table(rows).text.replace(/\s+/g, " ")).toContain("so the load was never complete");
  });
});

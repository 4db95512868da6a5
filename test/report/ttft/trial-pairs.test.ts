import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogOrigin } from "../../../src/domain/records/log-origin.js";
import type { TtftRecord } from "../../../src/domain/records/record-kinds.js";
import { promptTable } from "../../../src/report/prompts/prompt-table.js";
import { trialPairs } from "../../../src/report/ttft/ttft-cell.js";
import { ttftTable } from "../../../src/report/ttft/ttft-table.js";
import { random } from "../../../src/stats/random.js";
import { pairedRatioOfMedians } from "../../../src/stats/ratio-of-medians.js";
import { row } from "../ttft-rows.js";

type Row = TtftRecord & Partial<LogOrigin> & { readonly label: "vLLM" };
type Fields = Partial<Pick<TtftRecord, "trial" | "ttft_seconds" | "prompt" | "started_at">> &
  Partial<LogOrigin>;

/** A request of a trial. */
const request = (state: "cold" | "warm", trial: number, ttft_seconds: number, more: Fields = {}): Row => ({
  ...row("vLLM", state, { trial, ttft_seconds }),
  ...more,
});
const seconds = (rows: readonly Row[]) =>
  trialPairs(rows).map(([cold, warm]) => [cold.ttft_seconds, warm.ttft_seconds]);

/** Twenty trials on a server that drifts: cold takes ten times as long as warm in each, and both up to five times as long as at first. */
const drifting = Array.from({ length: 20 }, (_, index) => {
  const load = 1 + ((index * 7) % 20) / 5;
  const [cold, warm] = [0.5 * load * (1 + index / 1000), 0.05 * load];
  return [request("cold", index + 1, cold), request("warm", index + 1, warm)];
}).flat();

describe("trialPairs", () => {
  it("are the cold and the warm request of one trial, in whatever order the rows stand", () => {
    const rows = [request("warm", 2, 4), request("cold", 1, 1), request("cold", 2, 3), request("warm", 1, 2)];
    expect(seconds(rows)).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });

  it("are of one log, for logs of two runs number their trials alike", () => {
    const rows = ["a.jsonl", "b.jsonl"].flatMap((log_path, run) => [
      request("cold", 1, 1 + 10 * run, { log_path }),
      request("warm", 1, 2 + 10 * run, { log_path }),
    ]);
    const orders = fc.shuffledSubarray(rows, { minLength: 4 });
    fc.assert(
      fc.property(orders, (shuffled) => {
        expect(seconds(shuffled).sort()).toEqual([
          [1, 2],
          [11, 12],
        ]);
      }),
    );
  });

  it("are of one prompt, and of no trial that a log does not name", () => {
    const other = [request("cold", 1, 1), request("warm", 1, 2, { prompt: "another" })];
    expect(trialPairs(other)).toEqual([]);
    expect(
      trialPairs([row("vLLM", "cold", { ttft_seconds: 1 }), row("vLLM", "warm", { ttft_seconds: 1 })]),
    ).toEqual([]);
  });

  it("take the cold request last before the warm one where a log holds a trial twice", () => {
    const at = (minute: number) => ({ started_at: `2026-11-20T10:0${minute}:00.000Z` });
    const rows = [
      request("cold", 1, 1, at(1)),
      request("cold", 1, 3, at(2)),
      request("warm", 1, 4, at(3)),
      request("cold", 1, 5, at(4)),
      request("warm", 1, 6, at(5)),
    ];
    expect(seconds(rows)).toEqual([
      [3, 4],
      [5, 6],
    ]);
    expect(seconds([...rows].reverse())).toEqual(seconds(rows));
    expect(seconds(rows.map((one) => ({ ...one, started_at: null })))).toEqual(seconds(rows));
  });
});

describe("cold over warm", () => {
  it("is of pairs where trials say which requests belong together, and says so", () => {
    const table = ttftTable(drifting);
    const pairs = Array.from({ length: 20 }, (_, trial) => {
      const [cold, warm] = drifting.filter((one) => one.trial === trial + 1);
      return [cold!.ttft_seconds!, warm!.ttft_seconds!] as const;
    });
    const source = random("ttft table").fork("vLLM").fork("1000");
    const expected = pairedRatioOfMedians(pairs, { random: source }) as { low: number; high: number };
    expect(table.rows[0]).toMatchObject({
      pairs: 20,
      speedup_low: expected.low,
      speedup_high: expected.high,
    });
    expect(table.footnotes).toContain(
      "Cold / warm: the two requests of a trial are a pair, and are resampled together.",
    );
    // Two samples of the same times tell much less: what moves both halves of a trial alike does not cancel.
    const apart = ttftTable(drifting.map((one) => ({ ...one, trial: null })));
    const width = ({ speedup_low, speedup_high }: (typeof table.rows)[number]) =>
      speedup_high! - speedup_low!;
    expect(apart.rows[0]!.pairs).toBeNull();
    expect(width(apart.rows[0]!)).toBeGreaterThan(20 * width(table.rows[0]!));
    expect(apart.footnotes).toContain(
      "Cold / warm: two samples, because nothing says which requests belong together.",
    );
  });

  it("leaves a trial out whose other half failed or is contradicted", () => {
    const rows = drifting.map((one) =>
      one.trial === 1 && one.cache_state === "cold"
        ? { ...one, evidence: "contradicted" as const, ttft_seconds: 0.001 }
        : one,
    );
    expect(ttftTable(rows).rows[0]).toMatchObject({ cold_n: 19, warm_n: 20, pairs: 19 });
  });

  it("names the rows of each kind where a table has both", () => {
    const loose = [1, 2, 3].flatMap((second) => [
      { ...row("vLLM", "cold", { ttft_seconds: second }), context_target: 9000 },
      { ...row("vLLM", "warm", { ttft_seconds: second / 2 }), context_target: 9000 },
    ]);
    const { footnotes } = ttftTable([...drifting, ...loose]);
    expect(footnotes.filter((note) => note.startsWith("Cold / warm"))).toEqual([
      "Cold / warm: the two requests of a trial are a pair, and are resampled together (vLLM at 1,000).",
      "Cold / warm: two samples, because nothing says which requests belong together (vLLM at 9,000).",
    ]);
  });

  it("is of pairs in the table of prompts too, in both languages", () => {
    const rows = drifting.map((one) => ({ ...one, prompt_kind: "summary" }));
    const english = promptTable(rows);
    expect(english.rows[0]!.pairs).toBe(20);
    expect(english.footnotes.join()).toContain("Effect: the two requests of a trial are a pair");
    expect(promptTable(rows, { language: "zh" }).footnotes.join()).toContain("成对重抽样");
  });
});

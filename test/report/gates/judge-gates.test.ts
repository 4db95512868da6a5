import { describe, expect, it } from "vitest";
import { type Gated, parseGate } from "../../../src/domain/records/gate.js";
import { type GateSubject, judgeGates } from "../../../src/report/gates/judge-gates.js";
import { loadSubjects } from "../../../src/report/gates/load-subjects.js";
import { blendSubjects, qualitySubjects } from "../../../src/report/gates/method-subjects.js";
import { proxySubjects } from "../../../src/report/gates/proxy-subjects.js";
import { ttftSubjects } from "../../../src/report/gates/ttft-subjects.js";
import { loadTable } from "../../../src/report/load/load-table.js";
import { simulatedLoad } from "../load-rows.js";
import { proxyRows } from "../proxy-rows.js";
import { REPORT_ROWS } from "../report-rows.js";

const { ttft, blend, quality } = REPORT_ROWS;

const judged = (command: Gated, subjects: readonly GateSubject[], ...texts: string[]) =>
  judgeGates(
    texts.map((text) => parseGate(text, command)),
    subjects,
  );

describe("judgeGates", () => {
  const subject = (value: number | { missing: string } | undefined): GateSubject => ({
    name: "a row",
    valueOf: () => value,
  });

  it("fails where the rule holds for a row, and says which and by how much", () => {
    const [failed, held] = judged("load", [subject(0.7341)], "ttft_p95>0.5", "ttft_p95>1");
    expect(failed).toMatchObject({ failed: true, rows: [{ row: "a row", value: 0.7341, reason: null }] });
    expect(failed!.sentence).toBe("Failed: ttft_p95>0.5: ttft_p95 of a row is 0.734 s.");
    expect(held).toEqual({ gate: "ttft_p95>1", failed: false, rows: [], sentence: null });
  });

  it("never passes for want of a number: where a row lacks it, where it is none, and where no row is about it", () => {
    for (const [subjects, reason] of [
      [[subject({ missing: "a p99 needs 100 requests" })], "a p99 needs 100 requests"],
      [[subject(Number.NaN)], "it is not a number"],
      [[subject(undefined)], "no row has it"],
      [[], "nothing was measured"],
      [[subject(0), subject({ missing: "never settled" })], "never settled"],
    ] as const) {
      for (const rule of ["ttft_p99>0.5", "ttft_p99<0"]) {
        const [result] = judged("load", subjects, rule);
        expect(result!.failed).toBe(true);
        expect(result!.sentence).toContain(`can't be judged: ${reason}`);
      }
    }
  });

  it("names the first rows that fail, and counts the others", () => {
    const [result] = judged(
      "load",
      Array.from({ length: 5 }, () => subject(2)),
      "errors",
    );
    expect(result!.rows).toHaveLength(5);
    expect(result!.sentence).toContain(
      "errors of a row is 2; errors of a row is 2; errors of a row is 2; and 2 more rows",
    );
  });
});

describe("what gates read off rows", () => {
  it("of a load is what its table shows", () => {
    const rows = simulatedLoad({ rates: [1, 2] });
    const slo = { ttftSeconds: 1 };
    const subjects = loadSubjects(rows, { slo });
    const table = loadTable(rows, { slo }).rows;
    const values = (text: string) => subjects.map((one) => one.valueOf(parseGate(text, "load").metric));
    expect(values("ttft_p95>0")).toEqual(table.map((row) => row.ttft_p95_seconds));
    expect(values("e2e_median>0")).toEqual(table.map((row) => row.e2e_p50_seconds));
    expect(values("goodput<0")).toEqual(table.map((row) => row.goodput_per_second));
    expect(values("goodput_low<0")).toEqual(table.map((row) => row.goodput_low));
    expect(values("cached_share<0")).toEqual(table.map((row) => row.cached_share));
    // The baseline has none, which fails no gate.
    expect(values("speedup<0")).toEqual(table.map(({ speedup }) => speedup ?? undefined));
    expect(judged("load", subjects, "speedup<1.1", "speedup<100").map(({ failed }) => failed)).toEqual([
      false,
      true,
    ]);
  });

  it("of a level that never settled, or without an objective, is a failure with its reason", () => {
    const rows = simulatedLoad({ rates: [1], fields: () => ({ block_steady: false }) });
    for (const rule of ["ttft_p95>99", "speedup<0", "unsettled"]) {
      expect(judged("load", loadSubjects(rows), rule)[0]!.failed).toBe(true);
    }
    const [none] = judged("load", loadSubjects(simulatedLoad({ rates: [1] })), "goodput<0");
    expect(none!.sentence).toContain("no objective was stated (--slo, slo)");
    const silent = loadSubjects(simulatedLoad({ rates: [1], fields: () => ({ cached_tokens: null }) }));
    expect(judged("load", silent, "cached_share<0")[0]!.sentence).toContain("does not report cached tokens");
  });

  it("of TTFT rows are cold and warm times apart, and their ratio", () => {
    const subjects = ttftSubjects(ttft, "content");
    expect(subjects.length).toBeGreaterThan(2);
    const [cold, warm, both, ratio] = judged(
      ...(["ttft", subjects] as const),
      ...["cold_ttft_median>1000", "warm_ttft_median>0", "ttft_median>0", "speedup<0"],
    );
    expect(cold!.failed).toBe(false);
    expect(warm!.rows.every(({ row }) => row!.endsWith(", warm"))).toBe(true);
    expect(both!.rows.length).toBeGreaterThan(warm!.rows.length);
    expect(ratio!.failed).toBe(false);
    expect(judged("ttft", subjects, "ttft_p99>1000")[0]!.sentence).toContain("a p99 needs 100 requests");
    expect(judged("ttft", subjects, "flushed_ttft_median>0")[0]!.sentence).toContain("no row has it");
  });

  it("of methods are their times, speed-ups and verdicts", () => {
    const [slow, fast] = judged("blend", blendSubjects(blend, "content"), "speedup<100", "speedup<1.5");
    expect([slow!.failed, fast!.failed]).toEqual([true, false]);
    const subjects = qualitySubjects(quality, { margin: 0.02 });
    const [verdict] = judged("quality", subjects, "not no-worse");
    // A handful of examples shows nothing: the gate fails, and says of whom.
    expect(verdict!.failed).toBe(true);
    expect(verdict!.sentence).toMatch(/no worse is not shown of |can't be judged/);
    expect(verdict!.rows.every(({ row }) => !row!.startsWith("Full prefill on"))).toBe(true);
    expect(judged("quality", subjects, "score<0", "errors")[0]!.failed).toBe(false);
  });

  it("of a proxy are its overhead and the times through it", () => {
    const rows = proxyRows({ blocks: 6, places: 20, block_seconds: 10 }, () => ({
      direct: { e2e_seconds: 1 },
      proxied: { e2e_seconds: 1.5 },
    }));
    const results = judged(
      "proxy",
      proxySubjects(rows),
      "overhead>0.4",
      "overhead>0.6",
      "e2e_p95>1.4",
      "errors",
    );
    expect(results.map(({ failed }) => failed)).toEqual([true, false, true, false]);
    // Whole answers have no TTFT.
    expect(judged("proxy", proxySubjects(rows), "ttft_median>9")[0]!.sentence).toContain("no row has it");
  });
});

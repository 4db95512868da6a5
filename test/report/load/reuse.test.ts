import { describe, expect, it } from "vitest";
import { reuseChart } from "../../../src/report/load/reuse-chart.js";
import { reuseTable } from "../../../src/report/load/reuse-table.js";
import { fadingReuse, loadRow } from "../load-rows.js";

describe("reuseTable", () => {
  it("names the request after which reuse ended", () => {
    const table = reuseTable(fadingReuse({ ends: 71 }), { bins: 6 });
    expect(table.rows).toHaveLength(6);
    expect(table.rows[0]).toMatchObject({ from: 1, to: 20, n: 20, label: "Prefix cache" });
    expect(table.rows[0]!.cached_share!).toBeGreaterThan(0.5);
    expect(table.rows[5]).toMatchObject({ from: 101, to: 120, cached_share: 0 });
    const [sentence] = table.footnotes;
    expect(sentence).toMatch(
      /^Prefix cache: reuse ended after request \d+ \[\d+, \d+\]: from 9\d\.\d % to 0\.0 % of what an unlimited cache would hold\.$/,
    );
    const [, after, low, high] = /request (\d+) \[(\d+), (\d+)\]/.exec(sentence!)!.map(Number);
    expect(Math.abs(after! - 71)).toBeLessThanOrEqual(2);
    expect(low!).toBeLessThanOrEqual(71);
    expect(high!).toBeGreaterThanOrEqual(after!);
  });

  it("shows the tiers of a cache where the server tells them apart, and no column where it does not", () => {
    const told = reuseTable(fadingReuse(), { bins: 4 });
    expect(told.rows[0]!.host_cached_share! / told.rows[0]!.cached_share!).toBeCloseTo(0.25, 9);
    expect(told.text).toContain("device");
    expect(told.text).not.toContain("storage");
    expect(reuseTable(fadingReuse({ tells: false })).text).not.toContain("device");
  });

  it("looks at TTFT where the server tells no cached tokens, and says so", () => {
    const table = reuseTable(fadingReuse({ tells: false }));
    expect(table.footnotes.join("\n")).toMatch(
      /Prefix cache: TTFT rose from 1\d\d ms to 4\d\d ms after request 7\d \[.*the server does not report cached tokens/,
    );
    expect(table.text).toContain("—");
  });

  it("shows no change where there is none, and looks for none in what reuses nothing", () => {
    expect(reuseTable(fadingReuse({ ends: 999 })).footnotes.join("\n")).toContain("no change is shown");
    expect(reuseTable(fadingReuse({ method: "full_prefill" }), { bins: 4 }).footnotes).toEqual([
      "Terms: docs/words.md.",
    ]);
    expect(reuseTable(fadingReuse({ requests: 12 })).footnotes.join("\n")).toContain(
      "12 values: a change needs at least 20",
    );
  });

  it("finds beyond which time since the last use documents are gone", () => {
    const rows = Array.from({ length: 200 }, (_, i) =>
      loadRow({
        ...{
          label: "Prefix cache",
          method: "prefix_cache",
          run_index: i + 1,
          prompt_tokens: 3_100,
          ttft_seconds: 1,
        },
        expected_cached_tokens: 2_400,
        // Documents last used up to 42 s ago are there: 7·i mod 100 s takes every second once in 100.
        document_gap_seconds: (7 * i) % 100,
        cached_tokens: (7 * i) % 100 <= 42 ? 2_400 : 0,
      }),
    );
    const first = loadRow({
      label: "Prefix cache",
      method: "prefix_cache",
      run_index: 201,
      document_gap_seconds: null,
    });
    const table = reuseTable([...rows, first], { against: "seconds", bins: 5 });
    expect(table.rows.map(({ n }) => n)).toEqual([40, 40, 40, 40, 40]);
    expect(table.footnotes[0]).toContain(
      "reuse ended beyond 42 [42, 42] s since its documents were last used",
    );
    expect(
      reuseTable(
        fadingReuse().map((row) => ({ ...row, document_gap_seconds: null })),
        { against: "seconds" },
      ).text,
    ).toContain("No request says how long ago");
  });

  it("counts requests of ramps in the numbers and shows none, and shows every level by its name", () => {
    const rows = fadingReuse({ requests: 60 }).map((row, i) => ({
      ...row,
      ...(i < 10 && { phase: "ramp_up" as const }),
      ...(i >= 40 && { level: 2, rate_per_second: 2 }),
    }));
    const numbers = (level?: number) =>
      reuseTable(rows, { bins: 1, ...(level !== undefined && { level }) }).rows.map(({ from, to, n }) => [
        from,
        to,
        n,
      ]);
    expect(numbers()).toEqual([
      [11, 40, 30],
      [41, 60, 20],
    ]);
    expect(numbers(1)).toEqual([[11, 40, 30]]);
    expect(numbers(2)).toEqual([[41, 60, 20]]);
    expect(numbers(3)).toEqual([]);
    const all = reuseTable(rows, { bins: 1 });
    expect(all.rows.map(({ load }) => load)).toEqual(["1/s", "2/s"]);
    for (const name of ["1/s", "2/s"])
      expect(all.footnotes.some((note) => note.startsWith(`Prefix cache at ${name}: `))).toBe(true);
    // One level alone needs no name.
    expect(reuseTable(rows, { bins: 1, level: 2 }).text).not.toContain("2/s");
  });

  it("numbers by place where the clock does not tell, and each run by itself", () => {
    const unclocked = fadingReuse({ requests: 30 }).map((row) => ({ ...row, started_at: null }));
    const twice = unclocked.flatMap((row) => [row, { ...row, repeat: 2 }]);
    expect(reuseTable(twice, { bins: 1 }).rows).toMatchObject([{ from: 1, to: 30, n: 60 }]);
  });

  it("numbers requests that started in one millisecond by their plan, in whatever order they are read", () => {
    // Some start late, all in the same millisecond, as on a busy machine.
    const late = fadingReuse({ requests: 60 }).map((row, i) =>
      i % 7 < 3 ? { ...row, started_at: "2026-11-20T10:00:01.000Z" } : row,
    );
    const parts = [0, 1, 2].flatMap((part) => late.filter(({ run_index }) => run_index % 3 === part));
    expect(reuseTable(parts).rows).toEqual(reuseTable(late).rows);
    expect(reuseTable(late.toReversed()).rows).toEqual(reuseTable(late).rows);
  });

  it("marks a level that never settled or at which the client was the limit, in table and chart", () => {
    const marked = fadingReuse().map((row) => ({
      ...row,
      block_steady: false,
      client_limit: "busy" as const,
    }));
    for (const text of [reuseTable(marked).footnotes.join("\n"), reuseChart(marked).caption]) {
      expect(text).toContain("Prefix cache at 1/s: TTFT never settled: it drifted during 1 of 1 block");
      expect(text).toContain("the client may have been the limit in 1 of 1 block (busy)");
    }
    expect(reuseTable(fadingReuse()).footnotes.join("\n")).not.toMatch(/settled|the client/);
  });

  it("counts what a table of loads counts: no request that was not its label's, and none with a cut prompt", () => {
    const rows = fadingReuse({ requests: 40, method: "full_prefill", label: "Full prefill" }).map(
      (row, i) => ({
        ...row,
        ...(i < 10 && { evidence: "contradicted" as const, cached_tokens: 3_000 }),
        ...(i >= 35 && { prompt_tokens: 1_024 }),
      }),
    );
    expect(reuseTable(rows, { bins: 1 }).rows).toMatchObject([{ from: 11, to: 35, n: 25 }]);
  });

  it("refuses an axis, a level and a number of bins that are none", () => {
    expect(() => reuseTable([], { against: "tokens" as "seconds" })).toThrow(
      'against must be "requests" or "seconds"',
    );
    expect(() => reuseTable([], { level: 0 })).toThrow("level must be a whole number from 1");
    expect(() => reuseTable([], { bins: 0 })).toThrow("bins must be a whole number from 1 to 1000");
    expect(reuseTable([]).rows).toEqual([]);
  });
});

describe("reuseChart", () => {
  it("draws TTFT above the share, and a line at the change that its caption names", () => {
    const { figure, caption } = reuseChart([
      ...fadingReuse(),
      ...fadingReuse({ label: "b", method: "full_prefill" }),
    ]);
    expect(figure.data.map(({ name, yaxis }) => [name, yaxis])).toEqual([
      ["b", "y"],
      ["b", "y2"],
      ["Prefix cache", "y"],
      ["Prefix cache", "y2"],
    ]);
    expect(figure.layout.shapes).toHaveLength(1);
    expect(caption).toContain("reuse ended after request 7");
  });

  it("draws nothing of nothing", () => {
    expect(reuseChart([]).figure.data).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { loadChart } from "../../../src/report/load/load-chart.js";
import { loadTable } from "../../../src/report/load/load-table.js";
import { loadRow, SIMULATED, simulatedLoad } from "../load-rows.js";

/** Blocks of requests with known times: `seconds(block, place)`, 10 s a block. */
const known = (
  seconds: (block: number, place: number) => number,
  fields: Parameters<typeof loadRow>[0] = {},
  { blocks = 6, places = 20 } = {},
) =>
  Array.from({ length: blocks * places }, (_, i) => {
    const [block, place] = [Math.floor(i / places) + 1, (i % places) + 1];
    return loadRow({
      ...{ block, run_index: place, block_seconds: 10, ttft_seconds: seconds(block, place), ...fields },
    });
  });

describe("loadTable", () => {
  it("shows TTFT grow with the rate, and a method that computes less hold up longer", () => {
    const { rows } = loadTable(simulatedLoad(), { slo: { ttftSeconds: 1 } });
    const p50 = (label: string) =>
      rows.filter((row) => row.label === label).map((row) => row.ttft_p50_seconds!);
    for (const { label } of SIMULATED) {
      expect(rows.filter((row) => row.label === label).map(({ rate_per_second }) => rate_per_second)).toEqual(
        [0.5, 1, 2],
      );
      expect(p50(label)).toEqual([...p50(label)].sort((a, b) => a - b));
    }
    const [full, blend] = ["Full prefill", "CacheBlend 15%"].map((label) =>
      rows.find((row) => row.label === label && row.rate_per_second === 2),
    );
    expect(full).toMatchObject({ is_baseline: true, speedup: null });
    expect(blend!.speedup!).toBeGreaterThan(400 / 120);
    expect(blend!.speedup_low!).toBeLessThan(blend!.speedup!);
    expect(full!.goodput_per_second!).toBeLessThan(blend!.goodput_per_second!);
    expect(full!.requests_per_second!).toBeGreaterThan(full!.goodput_per_second!);
  });

  it("counts the measured phase alone, and the wait before a scheduled request was sent", () => {
    const rows = known((_, place) => place / 10, { wait_seconds: 1 });
    const ramps = known(() => 99, { phase: "ramp_up", block: 1 });
    const [row] = loadTable([...ramps, ...rows]).rows;
    // By hand: 0.1 … 2.0 s in each block and 1 s of waiting: the median is 1.05 + 1, the p95 type 7 of 120 values.
    expect(row).toMatchObject({ n: 120, requests_n: 120, blocks: 6, requests_per_second: 2 });
    expect(row!.ttft_p50_seconds).toBeCloseTo(2.05, 12);
    expect(row!.counted_from).toBe("intended start");
    const closed = loadTable(
      rows.map((one) => ({ ...one, arrivals: "closed", concurrency: 4, rate_per_second: null }) as const),
    );
    expect(closed.rows[0]!.ttft_p50_seconds).toBeCloseTo(1.05, 12);
    expect(closed.text).toContain("× 4");
  });

  it("fits any terminal, its columns as lines where it is narrow", () => {
    const table = loadTable(simulatedLoad(), { slo: { ttftSeconds: 1 } });
    for (const width of [60, 80, 120]) {
      const widths = table
        .textIn(width)
        .split("\n")
        .map((line) => [...line].length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(width);
    }
    expect(table.textIn(80)).toMatch(/^TTFT p50 \(ms\) +[\d,.]/m);
  });

  it("has a p99 from 100 requests on, and says why it has none before", () => {
    const of = (places: number) => loadTable(known((_, place) => place, {}, { blocks: 1, places }));
    expect(of(99).rows[0]!.ttft_p99_seconds).toBeNull();
    expect(of(99).text).toContain("a p99 needs 100 requests");
    expect(of(100).rows[0]!.ttft_p99_seconds).toBeCloseTo(99.01, 12);
  });

  it("shows the percentiles and times that are asked for, and refuses what is none", () => {
    const rows = simulatedLoad({ rates: [1], blocks: 2 });
    const table = loadTable(rows, { percentiles: [75], times: ["itl"] });
    expect(table.rows[0]!.itl_p75_seconds).toBeCloseTo(0.04, 12);
    expect(table.text).toContain("p75");
    expect(() => loadTable(rows, { percentiles: [100] })).toThrow(
      "percentiles must hold numbers above 0 and below 100",
    );
    expect(() => loadTable(rows, { times: ["latency" as "e2e"] })).toThrow(
      "times must be among ttft, itl, tpot, e2e",
    );
    expect(() => loadTable(rows, { baseline: "nobody" })).toThrow("baseline must be one of the labels");
    expect(() => loadTable(rows, { slo: {} })).toThrow("slo must state at least one");
  });

  it("averages no level that never settled, as a baseline neither, and marks one of which few blocks did not", () => {
    const rows = simulatedLoad({
      rates: [1],
      fields: ({ label, block }) => ({
        block_steady: label === "Full prefill" ? false : label === "Prefix cache" ? block > 1 : true,
      }),
    });
    const table = loadTable(rows, { slo: { ttftSeconds: 1 } });
    const [full, prefix, blend] = table.rows;
    expect(full).toMatchObject({
      ...{ settled: false, unsteady_blocks: 6, n: 240, ttft_p50_seconds: null, e2e_p99_seconds: null },
      ...{ goodput_per_second: null, cached_share: 0 },
    });
    expect(prefix).toMatchObject({ settled: true, unsteady_blocks: 1, speedup: null });
    expect(prefix!.ttft_p50_seconds).not.toBeNull();
    expect(blend).toMatchObject({ settled: true, unsteady_blocks: 0 });
    expect(table.footnotes.join("\n")).toContain("TTFT never settled: it drifted during 6 of 6 blocks");
    expect(table.footnotes.join("\n")).toContain(
      "Prefix cache at 1/s: TTFT drifted during 1 of 6 blocks, which are still counted.",
    );
  });

  it("tells apart the tiers that the server's counters tell apart", () => {
    const of = (fields: Parameters<typeof loadRow>[0]) =>
      loadTable(known(() => 0.1, { block_counted_prompt_tokens: 1_000, ...fields })).footnotes.join("\n");
    expect(of({ block_counted_device_tokens: 250, block_counted_external_tokens: 500 })).toContain(
      "Full prefill at 1/s, by the server's counters: 25.0 % of the prompts from the device, 50.0 % of the prompts from beyond the device, by a KV connector.",
    );
    expect(of({ block_counted_device_tokens: 250 })).not.toContain("of the prompts from");
  });

  it("says of a comparison that the client may have been the limit", () => {
    const of = (limit: "busy" | "none") =>
      loadTable(
        simulatedLoad({
          rates: [1],
          fields: ({ label, block }) => ({
            client_limit: label === "Full prefill" && block === 1 ? limit : "none",
          }),
        }),
      ).verdict.join(" ");
    expect(of("busy")).toContain("At 1/s the client may have been the limit, not the servers.");
    expect(of("none")).not.toContain("client");
  });

  it("holds a hit ratio that was asked for against what the server reports", () => {
    const reporting = (cached: number | null) =>
      loadTable(
        known(() => 0.1, {
          ...{ label: "Prefix cache", method: "prefix_cache", workload: "shared_prefix" },
          ...{ asked_hit_ratio: 0.5, context_tokens: 576, prompt_tokens: 600 },
          ...{ cached_tokens: cached, expected_cached_tokens: 304 },
        }),
      ).footnotes.join("\n");
    expect(reporting(304)).toContain("A hit ratio of 50.0 % was asked for, and reached within 2 points");
    // LMCache keeps chunks of 256 tokens: 256 of 600.
    expect(reporting(256)).toMatch(
      /A hit ratio of 50\.0 % was asked for, and the server reports another: Prefix cache at 1\/s 42\.7 %\. A cache keeps whole blocks/,
    );
    expect(reporting(590)).toMatch(/the server reports another: Prefix cache at 1\/s 98\.3 %\.$/m);
    expect(reporting(null)).toContain("whether it was reached is not known, for the server does not report");
    expect(loadTable(known(() => 0.1)).footnotes.join("\n")).not.toContain("hit ratio");
  });

  it("says where the server counted other prompts than were made, beyond what a chat template explains", () => {
    const counting = (counted: number) =>
      loadTable(known(() => 0.1, { planned_prompt_tokens: 3_020, prompt_tokens: counted })).footnotes.join(
        "\n",
      );
    expect(counting(3_060)).not.toContain("another length");
    expect(counting(4_700)).toContain(
      "In 120 of 120 requests the server counted another length than the prompt was made with (4,700 tokens, not 3,020)",
    );
  });

  it("marks percentiles that only survivors are in, and levels at which the client was the limit", () => {
    const table = loadTable(
      simulatedLoad({
        labels: SIMULATED.slice(0, 1),
        rates: [1],
        fields: ({ block, index }) => ({
          ...(index % 10 === 0 && { outcome: "timeout", error: "no answer after 5 s", ttft_seconds: null }),
          ...(block === 2 && { client_limit: "busy" }),
        }),
      }),
    );
    // Places 10, 20, 30 and 40 of 45 (the first five are the ramp) in 6 blocks.
    expect(table.rows[0]).toMatchObject({ failed_n: 24, timeout_n: 24, n: 216, client_limited_blocks: 1 });
    const notes = table.footnotes.join("\n");
    expect(notes).toContain("24 of 240 requests that failed (10.0 %)");
    expect(notes).toContain("24 timeout (no answer after 5 s)");
    expect(notes).toContain("the client may have been the limit in 1 of 6 blocks (busy)");
  });

  it("counts requests that missed the cache, which its method's times must not lose, and none that hit where all is cold", () => {
    const half = (cached: number) => (_: number, place: number) => (place % 2 ? cached : 1);
    const of = (fields: Parameters<typeof loadRow>[0], odd: Parameters<typeof loadRow>[0]) =>
      known(half(0.1), fields).map((row) =>
        row.run_index % 2 === 1 ? row : ({ ...row, ...odd } as typeof row),
      );
    const prompt = { context_tokens: 900, prompt_tokens: 1_000, expected_cached_tokens: 900 };
    const reuse = of(
      { label: "reuse", method: "prefix_cache", ...prompt, cached_tokens: 900 },
      { evidence: "contradicted", cached_tokens: 0 },
    );
    const cold = of(
      { label: "cold", method: "full_prefill", ...prompt, expected_cached_tokens: 0, cached_tokens: 0 },
      { evidence: "contradicted", cached_tokens: 500 },
    );
    // Full prefill comes first, whatever the order of the rows.
    const table = loadTable([...reuse, ...cold]);
    expect(table.rows[1]).toMatchObject({ n: 120, contradicted_n: 60, missed_n: 60, cached_share: 0.45 });
    expect(table.rows[1]!.ttft_p50_seconds).toBeCloseTo(0.55, 12);
    expect(table.rows[0]).toMatchObject({ n: 60, contradicted_n: 60, missed_n: 0, ttft_p50_seconds: 0.1 });
    expect(table.text).toMatch(/ 45\.0 +90\.0 /);
    expect(table.footnotes.join(" ")).toContain(
      "60 had fewer cached tokens than an unlimited cache would hold",
    );
    expect(table.footnotes.join(" ")).toContain("60 requests contradicted their label and are excluded");
  });

  it("shows what the server's counters say of whole blocks beside the sum of the requests", () => {
    const rows = known(() => 1, { context_tokens: 900, prompt_tokens: 1_000, cached_tokens: 500 }).map(
      (row) => ({
        ...row,
        // A quarter in the first three blocks, three quarters in the others, which asked for three times as much.
        block_counted_cached_tokens: row.block <= 3 ? 5_000 : 45_000,
        block_counted_prompt_tokens: row.block <= 3 ? 20_000 : 60_000,
      }),
    );
    const table = loadTable(rows);
    expect(table.rows[0]).toMatchObject({ cached_share: 0.5, counted_cached_share: 0.625 });
    expect(table.text).toContain("counters");
    expect(loadTable(known(() => 1)).text).not.toContain("counters");
  });

  it("never puts two models, workloads or kinds of arrivals into one row, nor compares them", () => {
    const a = known(() => 1);
    const b = known(() => 2, { label: "Prefix cache", method: "prefix_cache" });
    for (const [fields, told] of [
      [{ workload: "unique" }, "unique"],
      [{ arrivals: "constant" }, "constant"],
      [{ model: "other" }, "other"],
      [{ burstiness: 0.5, arrivals: "gamma" }, "gamma"],
    ] as const) {
      const mixed = loadTable([...a, ...known(() => 3, fields), ...b]);
      expect(mixed.rows.map(({ label }) => label)).toHaveLength(3);
      expect(mixed.rows[1]!.label).toContain(told);
      expect(mixed.rows.map((row) => row.ttft_p50_seconds)).toEqual([1, 3, 2]);
    }
    const apart = loadTable([...known(() => 3, { workload: "unique" }), ...b], { baseline: "Full prefill" });
    expect(apart.rows[1]!.speedup).toBeNull();
    expect(apart.footnotes.join(" ")).toContain(
      "was not measured at this level with this workload and these arrivals",
    );
    const longer = loadTable([...known(() => 3, { context_tokens: 6_000 }), ...b]);
    expect(longer.rows[1]!.speedup).toBeNull();
    expect(longer.footnotes.join(" ")).toContain("contexts are of another length (6,000, not 3,000 tokens)");
  });

  it("resamples blocks whole, and gives a ratio without an interval where there are few", () => {
    const of = (blocks: number) =>
      loadTable([
        ...known((block) => 4 * block, {}, { blocks }),
        ...known((block) => 2 * block, { label: "Prefix cache", method: "prefix_cache" }, { blocks }),
      ]);
    expect(of(5).rows[1]).toMatchObject({ speedup: 2, speedup_low: null });
    expect(of(5).footnotes.join(" ")).toContain("5 blocks of requests: an interval needs at least 6");
    // Six observations, however many requests they hold: the median of 1 … 6 may be 1.5 or 5.5.
    expect(of(6).rows[1]!.speedup_low!).toBeLessThan(1);
    expect(of(6).rows[1]!.speedup_high!).toBeGreaterThan(4);
  });

  it("takes the same block of two logs for two", () => {
    const one = known(() => 1, {}, { blocks: 1 }).map((row) => ({ ...row, log_path: "a", log_server: null }));
    const two = one.map((row) => ({ ...row, log_path: "b" }));
    expect(loadTable([...one, ...two]).rows[0]).toMatchObject({ blocks: 2, n: 40, requests_per_second: 2 });
    expect(loadTable([...one, ...one]).rows[0]).toMatchObject({ blocks: 2, n: 40 });
  });

  it("says of nothing that there is nothing", () => {
    expect(loadTable([]).rows).toEqual([]);
    const failed = known(() => 1, { outcome: "error", ttft_seconds: null });
    expect(loadTable(failed, { slo: { ttftSeconds: 1 } }).footnotes.join(" ")).toContain(
      "no request ended well",
    );
  });
});

describe("goodput", () => {
  it("is missing, not 0, where everything that ended well is excluded", () => {
    const rows = known(() => 0.1, {
      ...{ method: "full_prefill", evidence: "contradicted", cached_tokens: 900, expected_cached_tokens: 0 },
    });
    const table = loadTable(rows, { slo: { ttftSeconds: 0.5 } });
    expect(table.rows[0]).toMatchObject({ n: 0, goodput_per_second: null, goodput_share: null });
    expect(table.text).toContain("no request that ended well counts");
    // What failed has met nothing.
    const failed = known(() => 0.1, { outcome: "error", ttft_seconds: null });
    expect(loadTable(failed, { slo: { ttftSeconds: 0.5 } }).rows[0]!.goodput_per_second).toBe(0);
  });

  const goodput = (
    rows: ReturnType<typeof known>,
    slo: NonNullable<Parameters<typeof loadTable>[1]>["slo"],
  ) => loadTable(rows, { slo: slo! });

  it("is the requests a second that met every objective", () => {
    const rows = known((_, place) => place / 10, { e2e_seconds: 3, itl_seconds: 0.05 });
    const { rows: data } = goodput(rows, { ttftSeconds: 0.5, e2eSeconds: 10, itlSeconds: 0.05 });
    // Places 1 to 5 of 20 in each block of 10 s; all blocks alike, so any resample is.
    expect(data[0]).toMatchObject({
      ...{ goodput_per_second: 0.5, goodput_low: 0.5, goodput_high: 0.5 },
      ...{ goodput_share: 0.25, goodput_interval: "blocks" },
    });
    expect(goodput(rows, { ttftSeconds: 0.5, e2eSeconds: 2.9 }).rows[0]!.goodput_per_second).toBe(0);
  });

  it("takes a failed request for one that met nothing, however quickly it failed", () => {
    const rows = known(() => 0.1).map((row, i) =>
      i % 2 ? ({ ...row, outcome: "error", error: "HTTP 500" } as typeof row) : row,
    );
    expect(goodput(rows, { ttftSeconds: 1 }).rows[0]).toMatchObject({
      goodput_per_second: 1,
      goodput_share: 0.5,
    });
  });

  it("has Wilson's interval where no resample of blocks could differ, or blocks are few", () => {
    const [all] = goodput(
      known(() => 0.1),
      { ttftSeconds: 1 },
    ).rows;
    // Wilson for 120 of 120 at 95 %: from 0.9690, by 1 / (1 + 1.95996² / 120).
    expect(all!.goodput_interval).toBe("wilson");
    expect(all!.goodput_low! / 2).toBeCloseTo(1 / (1 + 1.959964 ** 2 / 120), 6);
    expect(all!.goodput_high).toBe(2);
    const few = goodput(
      known((_, place) => place / 10, {}, { blocks: 2 }),
      { ttftSeconds: 1 },
    );
    expect(few.rows[0]!.goodput_interval).toBe("wilson");
    expect(few.footnotes.join(" ")).toContain("by Wilson's method for the share");
  });

  it("is missing with its reason where a time with an objective, or the length of the blocks, is not known", () => {
    expect(
      goodput(
        known(() => 1),
        { itlSeconds: 1 },
      ).footnotes.join(" "),
    ).toContain("no request has itl_seconds");
    const unsaid = known(() => 1, { block_seconds: null });
    expect(goodput(unsaid, { ttftSeconds: 1 }).footnotes.join(" ")).toContain(
      "does not say how long its blocks took",
    );
    const some = known(() => 1).map((row, i) => ({ ...row, itl_seconds: i < 12 ? null : 0.01 }));
    expect(goodput(some, { itlSeconds: 1 }).footnotes.join(" ")).toContain(
      "12 requests lack a time that has an objective, and count as not met",
    );
  });
});

describe("a ramp", () => {
  /** From 1 to 9 requests a second in 60 s, at even times; TTFT is a tenth of the rate at which a request came. */
  const ramp = (label: string, fields: Parameters<typeof loadRow>[0] = {}) =>
    Array.from({ length: 300 }, (_, index) => {
      const rate = Math.sqrt(1 + (80 * index) / 300);
      return loadRow({
        ...{ label, run_index: index + 1, rate_per_second: null, ramp_rate_per_second: rate },
        ...{ ramp_strategy: "linear", ramp_start_per_second: 1, ramp_end_per_second: 9, ramp_seconds: 60 },
        ...{ ttft_seconds: rate / 10, block_seconds: 61, ...fields },
      });
    });
  const both = [...ramp("Full prefill"), ...ramp("Prefix cache", { method: "prefix_cache" })];

  it("is shown in parts by the rate at which requests came, and never as one average", () => {
    const table = loadTable(both, { slo: { ttftSeconds: 0.5 } });
    const own = table.rows.filter(({ label }) => label === "Full prefill");
    expect(own).toHaveLength(10);
    expect(own.every(({ n }) => n === 30)).toBe(true);
    expect(own[0]!.ramp_low_per_second).toBe(1);
    expect(own.at(-1)!.ramp_high_per_second).toBe(9);
    for (const row of own) {
      expect(row.ttft_p50_seconds! * 10).toBeGreaterThan(row.ramp_low_per_second!);
      expect(row.ttft_p50_seconds! * 10).toBeLessThan(row.ramp_high_per_second!);
      // Nothing keeps a level, and what comes in a part may end in a later one.
      expect(row).toMatchObject({ settled: null, requests_per_second: null });
    }
    // By hand: the first tenth of the requests comes while the rate rises to 3, a quarter of the way: 30 in 15 s.
    expect(own[0]!.ramp_high_per_second).toBe(3);
    expect(own[0]!.goodput_per_second).toBeCloseTo(2, 9);
    expect(own.at(-1)!.goodput_per_second).toBe(0);
    expect(
      table.rows.filter(({ label }) => label === "Prefix cache").every(({ speedup }) => speedup === 1),
    ).toBe(true);
    expect(table.text).toContain("1–3/s");
    expect(table.footnotes.join(" ")).toContain("linear ramp from 1 to 9/s in 60 s");
  });

  it("has intervals of speed-ups from six repetitions on, for each is one block, and says so", () => {
    const repeated = (count: number) =>
      loadTable(
        Array.from({ length: count }, (_, index) =>
          ["full_prefill", "prefix_cache"].flatMap((method, other) =>
            ramp(["Full prefill", "Prefix cache"][other]!, {
              method: method as "prefix_cache",
              repeat: index + 1,
            }),
          ),
        ).flat(),
      );
    const lows = (count: number) =>
      repeated(count).rows.flatMap(({ speedup, speedup_low }) => (speedup === null ? [] : [speedup_low]));
    expect(lows(5)).toEqual(Array(10).fill(null));
    expect(lows(6)).toEqual(Array(10).fill(1));
    expect(repeated(1).footnotes.join(" ")).toContain("the interval of a speed-up needs 6 blocks");
  });

  it("is a line of the chart, and another series than kept rates or another ramp", () => {
    const x = (rows: Parameters<typeof loadChart>[0]) =>
      (
        loadChart(rows).figure.data as readonly { readonly name: string; readonly x: readonly number[] }[]
      ).map(({ name, x }) => [name, x.length]);
    expect(x(both)).toEqual([
      ["Full prefill, p50", 10],
      ["Full prefill, p95", 10],
      ["Prefix cache, p50", 10],
      ["Prefix cache, p95", 10],
    ]);
    const kept = simulatedLoad({ labels: SIMULATED.slice(0, 1), rates: [1] });
    const slower = ramp("Full prefill", { ramp_seconds: 120 });
    expect(new Set(loadTable([...both, ...kept, ...slower]).rows.map(({ label }) => label)).size).toBe(4);
  });
});

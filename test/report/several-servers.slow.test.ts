import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readBlendLogs, readQualityLogs } from "../../src/logs/read-method-logs.js";
import { readProxyLogs } from "../../src/logs/read-proxy-logs.js";
import { readTtftLogs } from "../../src/logs/read-ttft-logs.js";
import { blendChart } from "../../src/report/methods/blend-chart.js";
import { blendRatioChart } from "../../src/report/methods/blend-ratio-chart.js";
import { blendLines, blendTable } from "../../src/report/methods/blend-table.js";
import { qualityChart } from "../../src/report/methods/quality-chart.js";
import { qualityRatioChart } from "../../src/report/methods/quality-ratio-chart.js";
import { qualityTable } from "../../src/report/methods/quality-table.js";
import { promptTable } from "../../src/report/prompts/prompt-table.js";
import { proxyTable } from "../../src/report/proxy/proxy-table.js";
import { ttftChart } from "../../src/report/ttft/ttft-chart.js";
import { compareTtft } from "../../src/report/ttft/ttft-comparison.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { REPORT_ROWS } from "./report-rows.js";

const folder = mkdtempSync(join(tmpdir(), "several-servers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A log of these rows with their times stretched, with the page of a run on that server beside it. */
function write(
  name: string,
  rows: readonly object[],
  { factor = 1, more = {}, server = null }: { factor?: number; more?: object; server?: string | null } = {},
): string {
  const path = join(folder, `${name}.jsonl`);
  const scaled = rows.map((row) =>
    Object.fromEntries(
      Object.entries({ ...row, ...more }).map(([key, value]) => [
        key,
        /^(ttft|latency|block)_seconds$/.test(key) && typeof value === "number" ? value * factor : value,
      ]),
    ),
  );
  writeFileSync(path, scaled.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const page = { server, model: null, seed: 1, options: {}, started_at: "2026-11-20T10:00:00.000Z" };
  writeFileSync(`${path}.meta.json`, JSON.stringify(page));
  return path;
}

/** Full prefill scores 0.6 and reuse 0.2; a second server is better by so much. */
const answers = (better: number) =>
  (
    [
      ["Full prefill", "full_prefill", null, 0.6, 0.1],
      ["Full KV reuse", "full_kv_reuse", 0, 0.2, 0.02],
      ["CacheBlend 10%", "cacheblend", 0.1, 0.4, 0.03],
      ["CacheBlend 15%", "cacheblend", 0.15, 0.5, 0.04],
    ] as const
  ).flatMap(([label, method, recompute_ratio, score, ttft_seconds]) =>
    Array.from({ length: 12 }, (_, index) => ({
      ...REPORT_ROWS.quality[0]!,
      example_id: `q${index}`,
      ...{ label, method, recompute_ratio },
      score: Math.min(1, score + better * (method === "full_kv_reuse" ? 2 : 1) + index / 1000),
      ttft_seconds: ttft_seconds * (1 + index / 100),
    })),
  );

const NUMBERS = [
  ...["n", "score", "difference", "recovery", "speedup", "ttft_mean_seconds", "break_even_n", "cold_speedup"],
  ...["cold_median_seconds", "effect", "overhead_seconds", "throughput_ratio"],
];
/** What a table says in numbers, without intervals: their resamples are drawn by the label's name. */
const numbersOf = (rows: readonly object[]) =>
  rows.map((row) => Object.entries(row).filter(([key]) => NUMBERS.includes(key)));

describe("logs of two servers in one table", () => {
  const reports = {
    quality: [answers(0), answers(0.15)],
    blend: [REPORT_ROWS.blend, REPORT_ROWS.blend],
    ttft: [REPORT_ROWS.ttft, REPORT_ROWS.ttft],
    proxy: [REPORT_ROWS.proxy, REPORT_ROWS.proxy],
  } as const;
  const tables = {
    quality: async (sources: Parameters<typeof readQualityLogs>[0]) =>
      qualityTable(await readQualityLogs(sources)).rows,
    blend: async (sources: Parameters<typeof readBlendLogs>[0]) =>
      blendTable(await readBlendLogs(sources)).rows,
    ttft: async (sources: Parameters<typeof readTtftLogs>[0]) => ttftTable(await readTtftLogs(sources)).rows,
    prompts: async (sources: Parameters<typeof readTtftLogs>[0]) =>
      promptTable(await readTtftLogs(sources)).rows,
    proxy: async (sources: Parameters<typeof readProxyLogs>[0]) =>
      proxyTable(await readProxyLogs(sources)).rows,
  };

  it.each([
    ["quality", "quality"],
    ["blend", "blend"],
    ["prompts", "ttft"],
    ["proxy", "proxy"],
  ] as const)("gives each the numbers of its own table, by %s", async (table, noun) => {
    const [first, second] = reports[noun];
    const a = write(`${table}-a`, first, { server: "http://a/v1" });
    const b = write(`${table}-b`, second, { factor: 3, server: "http://b/v1" });
    const alone = [...numbersOf(await tables[table](a)), ...numbersOf(await tables[table](b))];
    const sortedBy = (rows: unknown[]) => rows.map((one) => JSON.stringify(one)).sort();
    const together = numbersOf(await tables[table]({ A40: a, H100: b }));
    expect(sortedBy(together)).toEqual(sortedBy(alone));
    // Without a map the pages beside the logs tell the servers apart.
    expect(sortedBy(numbersOf(await tables[table]([a, b])))).toEqual(sortedBy(alone));
  });

  it("gives a blend the recovery of its own server, whichever log is read first", async () => {
    const a = write("a", answers(0));
    const b = write("b", answers(0.15));
    for (const sources of [
      { A40: a, H100: b },
      { H100: b, A40: a },
    ]) {
      const { rows } = qualityTable(await readQualityLogs(sources));
      const at = (label: string) => rows.find((row) => row.label === label)!;
      // (0.5 − 0.2) / (0.6 − 0.2), and the same with 0.65, 0.5 and 0.75, by hand.
      expect(at("A40: CacheBlend 15%")).toMatchObject({ baseline: "A40: Full prefill", group: "A40" });
      expect(at("A40: CacheBlend 15%").recovery).toBeCloseTo(0.75, 9);
      expect(at("H100: CacheBlend 15%").recovery).toBeCloseTo(0.6, 9);
      expect(at("H100: Full prefill").is_baseline).toBe(true);
    }
  });

  it("says where a server has no baseline of its own instead of taking another's", async () => {
    const a = write("with", answers(0), { server: "http://a/v1" });
    const b = write(
      "without",
      answers(0.15).filter(({ method }) => method === "cacheblend"),
      { server: "http://b/v1" },
    );
    const table = qualityTable(await readQualityLogs({ A40: a, H100: b }));
    const blends = table.rows.filter(({ group }) => group === "H100");
    expect(blends.map(({ difference, speedup, recovery }) => [difference, speedup, recovery])).toEqual([
      [null, null, null],
      [null, null, null],
    ]);
    expect(table.footnotes).toContain("full prefill was not measured in H100");
    expect(table.footnotes).toContain("there is no full prefill to compare it with");
    const unmapped = qualityTable(await readQualityLogs([a, b]));
    expect(unmapped.footnotes).toContain("full prefill was not measured on http://b/v1");
  });

  it("compares with another server's baseline where its whole name is asked for, and says so", async () => {
    const sources = { A40: write("a", answers(0)), H100: write("b", answers(0.15)) };
    const rows = await readQualityLogs(sources);
    const table = qualityTable(rows, { baseline: "A40: Full prefill" });
    const full = table.rows.find(({ label }) => label === "H100: Full prefill")!;
    expect(full).toMatchObject({ baseline: "A40: Full prefill", is_baseline: false });
    expect(full.difference).toBeCloseTo(0.15, 9);
    expect(table.footnotes.join()).toContain(
      "Compared with A40: Full prefill, as requested, although it was measured with another model or server",
    );
    // The methods' own name is that of each server's own.
    const own = qualityTable(rows, { baseline: "Full prefill" }).rows;
    expect(own.filter(({ is_baseline }) => is_baseline).map(({ label }) => label)).toEqual([
      "A40: Full prefill",
      "H100: Full prefill",
    ]);
  });

  it("prints the original's lines of each server against its own prefill", async () => {
    const a = write("blend-a", REPORT_ROWS.blend);
    const b = write("blend-b", REPORT_ROWS.blend, { factor: 3 });
    expect(blendLines(blendTable(await readBlendLogs({ A40: a, H100: b })))).toEqual([
      "Length 512: A40: Full prefill 0.512s, A40: CacheBlend 15% 0.128s, Speedup 4.00×",
      "Length 512: H100: Full prefill 1.536s, H100: CacheBlend 15% 0.384s, Speedup 4.00×",
      "Length 2048: A40: Full prefill 2.048s, A40: CacheBlend 15% 0.512s, Speedup 4.00×",
      "Length 2048: H100: Full prefill 6.144s, H100: CacheBlend 15% 1.536s, Speedup 4.00×",
    ]);
  });
});

describe("a label that mixes models or servers", () => {
  const sweep = REPORT_ROWS.ttft.filter(({ prompt_kind }) => prompt_kind === null);
  const prompts = REPORT_ROWS.ttft.filter(({ prompt_kind }) => prompt_kind !== null);
  const mixed = {
    prompts: [...prompts, ...prompts.map((row) => ({ ...row, model: "large" }))],
    ttft: [...sweep, ...sweep.map((row) => ({ ...row, model: "large" }))],
    blend: [...REPORT_ROWS.blend, ...REPORT_ROWS.blend.map((row) => ({ ...row, model: "large" }))],
    quality: [...answers(0), ...answers(0.1).map((row) => ({ ...row, model: "large" }))],
  };
  const lines = (chart: { readonly figure: { readonly data: readonly object[] } }) =>
    chart.figure.data.map((trace) => (trace as { readonly name: string }).name);

  it("is a row for each in every table", () => {
    const labels = (rows: readonly { readonly label: string | null }[]) => [
      ...new Set(rows.map(({ label }) => label)),
    ];
    expect(labels(ttftTable(mixed.ttft).rows)).toEqual([
      ...["vLLM · tiny", "vLLM · large", "LMCache · tiny", "LMCache · large"],
    ]);
    expect(labels(promptTable(mixed.prompts).rows)).toEqual(["vLLM · tiny", "vLLM · large"]);
    const blend = blendTable(mixed.blend).rows;
    expect(labels(blend)).toEqual([
      ...["Full prefill · tiny", "CacheBlend 15% · tiny", "Full prefill · large", "CacheBlend 15% · large"],
    ]);
    expect(blend.every(({ n }) => n === 5)).toBe(true);
    expect(qualityTable(mixed.quality).rows.map(({ n, baseline }) => [n, baseline])).toEqual(
      ["tiny", "large"].flatMap((model) => Array(4).fill([12, `Full prefill · ${model}`])),
    );
  });

  it("has names that stay different where the text form cuts them", () => {
    const long = REPORT_ROWS.blend.flatMap((row) =>
      ["instruct-8b", "instruct-70b"].map((model) => ({ ...row, model: `meta-llama/${model}` })),
    );
    const names = blendTable(long)
      .textIn(200)
      .split("\n")
      .flatMap((line) => /^ +[\d,]+ +((?:Full prefill|CacheBlend 15%) · \S+)/.exec(line)?.[1] ?? []);
    expect(new Set(names).size).toBe(4);
  });

  it("is compared model by model, and never with another model's baseline", () => {
    const slower = mixed.ttft.map((row) =>
      row.model === "large" ? { ...row, ttft_seconds: row.ttft_seconds! * 9 } : row,
    );
    const rows = ttftTable(slower, { baseline: "vLLM" }).rows.filter(({ label }) =>
      label.startsWith("LMCache"),
    );
    expect(rows.map(({ cold_speedup }) => cold_speedup)).toEqual(rows.map(() => expect.closeTo(0.9, 9)));
    const other = slower.map((row) => (row.label === "LMCache" ? { ...row, model: "third" } : row));
    const table = ttftTable(other, { baseline: "vLLM" });
    expect(table.rows.find(({ label }) => label === "LMCache")!.cold_speedup).toBeNull();
    expect(table.footnotes).toContain("the baseline was not measured with model third");
    expect(compareTtft(other, { baseline: "vLLM" }).footnotes[0]).toContain(
      "Not compared because the baseline was not measured with model third: LMCache at 1,000",
    );
  });

  it("is a line for each in every chart", () => {
    const ratios = [
      ...mixed.blend,
      ...mixed.blend.map((row) => ({ ...row, recompute_ratio: 0.5, label: "CacheBlend 50%" })),
    ].filter(({ method, recompute_ratio }) => method === "cacheblend" || recompute_ratio !== 0.5);
    expect(lines(ttftChart(mixed.ttft.filter(({ label }) => label === "vLLM")))).toEqual([
      ...["vLLM · tiny, cold", "vLLM · tiny, warm", "vLLM · large, cold", "vLLM · large, warm"],
    ]);
    expect(lines(blendChart(mixed.blend))).toEqual([
      ...["Full prefill · tiny", "CacheBlend 15% · tiny", "Full prefill · large", "CacheBlend 15% · large"],
    ]);
    expect(lines(blendRatioChart(ratios))).toEqual([
      ...["CacheBlend · tiny", "CacheBlend · large", "Full prefill · tiny", "Full prefill · large"],
    ]);
    expect(lines(qualityRatioChart(mixed.quality)).slice(0, 2)).toEqual([
      "CacheBlend · tiny",
      "CacheBlend · large",
    ]);
    expect(lines(qualityChart(mixed.quality)).slice(0, 2)).toEqual([
      "Pareto front, tiny",
      "Pareto front, large",
    ]);
  });

  it("is split where two logs give one label to two ratios, two wordings or two numbers of chunks", () => {
    const blend = REPORT_ROWS.blend.filter(({ method }) => method === "cacheblend");
    const ratio = [...blend, ...blend.map((row) => ({ ...row, recompute_ratio: 0.5 }))];
    expect(new Set(blendTable(ratio).rows.map(({ label }) => label))).toEqual(
      new Set(["CacheBlend 15% · r = 0.15", "CacheBlend 15% · r = 0.5"]),
    );
    const chunks = [...REPORT_ROWS.blend, ...REPORT_ROWS.blend.map((row) => ({ ...row, chunks: 8 }))];
    expect(blendTable(chunks).rows.map(({ baseline }) => baseline)).toContain("Full prefill · 8 chunks");
    const wordings = [...answers(0), ...answers(0.3).map((row) => ({ ...row, wording: "longbench" }))];
    const longbench = qualityTable(wordings).rows.filter(({ label }) => label.includes("longbench"));
    expect(longbench.map(({ score }) => score!.toFixed(2))).toEqual(["0.91", "0.81", "0.71", "0.81"]);
  });

  it("counts an example that two logs of one setting answered by the mean of its scores, and says so", () => {
    const twice = [...answers(0), ...answers(0.1)];
    const table = qualityTable(twice);
    expect(table.rows[0]).toMatchObject({ n: 12, score: expect.closeTo(0.6555, 9) });
    expect(table.footnotes.join()).toContain(
      "answered more than once count with their mean score: Full prefill 12;",
    );
  });
});

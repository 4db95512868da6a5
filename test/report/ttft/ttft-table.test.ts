import { describe, expect, it } from "vitest";
import { OptionError } from "../../../src/domain/errors/errors.js";
import { ttftTable } from "../../../src/report/ttft/ttft-table.js";
import { displayWidth } from "../../../src/tables/display-width.js";
import { row, rows } from "../ttft-rows.js";

const cold = [0.4, 0.41, 0.42, 0.43, 0.44];
const warm = [0.04, 0.041, 0.042, 0.043, 0.044];

const twoLabels = [
  ...rows("vLLM", "cold", cold, { context_target: 4000 }),
  ...rows("vLLM", "warm", warm, { context_target: 4000 }),
  ...rows(
    "LMCache",
    "cold",
    cold.map((x) => x / 2),
    { context_target: 4000 },
  ),
  ...rows("LMCache", "warm", warm, { context_target: 4000 }),
  ...rows("vLLM", "cold", [0.1, 0.11, 0.12], { context_target: 1000 }),
  ...rows("vLLM", "warm", [0.02], { context_target: 1000 }),
];

describe("ttftTable", () => {
  it("prints medians in milliseconds and the speed-up with its interval", () => {
    expect(`${ttftTable([...rows("vLLM", "cold", cold), ...rows("vLLM", "warm", warm)])}`).toBe(
      [
        "vLLM, warm, at 1,000 tokens: first token 10.0 [9.00, 11.1] times sooner than cold.",
        "",
        "                               cold    warm",
        "                               TTFT    TTFT",
        "        context     n     n  median  median        cold / warm",
        "label  (tokens)  cold  warm    (ms)    (ms)        × [95 % CI]",
        "─────  ────────  ────  ────  ──────  ──────  ─────────────────",
        "vLLM      1,000     5     5     420    42.0  10.0 [9.00, 11.1]",
        "",
        "Cache state by the server's own report: 10 proven, 0 contradicted, 0 unproven.",
        "Cold / warm: two samples, because nothing says which requests belong together.",
        "Terms: docs/words.md.",
      ].join("\n"),
    );
  });

  it("has the data of every row in seconds", () => {
    const [first, second, third] = ttftTable(twoLabels, { baseline: "vLLM" }).rows;
    expect(first).toMatchObject({
      label: "vLLM",
      context_tokens: 1000,
      cold_n: 3,
      warm_n: 1,
      cold_median_seconds: 0.11,
      warm_median_seconds: 0.02,
      speedup: expect.closeTo(5.5, 12),
      speedup_low: null,
      cold_speedup: null,
    });
    expect(second).toMatchObject({ label: "vLLM", context_tokens: 4000, cold_median_seconds: 0.42 });
    expect(second!.speedup).toBeCloseTo(10, 12);
    expect(second!.speedup_low).toBeGreaterThan(8.9);
    expect(second!.speedup_high).toBeLessThan(11.2);
    expect(third).toMatchObject({ label: "LMCache", context_tokens: 4000 });
    expect(third!.cold_speedup).toBeCloseTo(2, 12);
    expect(third!.warm_speedup).toBeCloseTo(1, 12);
  });

  it("compares with the baseline at the same context only", () => {
    const table = ttftTable([...twoLabels, ...rows("LMCache", "cold", cold, { context_target: 8000 })], {
      baseline: "vLLM",
    });
    expect(table.rows.at(-1)).toMatchObject({ context_tokens: 8000, cold_speedup: null });
    expect(table.footnotes).toContain("vLLM was not measured at this context");
  });

  it("refuses a misspelt baseline, at compile time where the labels are known", () => {
    // @ts-expect-error: "vllm" is not a label
    expect(() => ttftTable(twoLabels, { baseline: "vllm" })).toThrow(OptionError);
    // @ts-expect-error: the same
    expect(() => ttftTable(twoLabels, { baseline: "vllm" })).toThrow(
      'baseline must be one of the labels ("vLLM", "LMCache"); received "vllm".',
    );
  });

  it("counts failures apart: a timeout can't make a median better or worse", () => {
    const good = [...rows("vLLM", "cold", cold), ...rows("vLLM", "warm", warm)];
    const failed = [
      row("vLLM", "cold", { outcome: "timeout", ttft_seconds: 300 }),
      row("vLLM", "cold", { outcome: "incomplete", ttft_seconds: 0.001 }),
      row("vLLM", "warm", { outcome: "error" }),
    ];
    const {
      rows: [without],
    } = ttftTable(good);
    const table = ttftTable([...good, ...failed]);
    expect(table.rows[0]).toEqual({ ...without, failed_n: 3 });
    expect(table.footnotes).toContain(
      "Failed requests, excluded: vLLM at 1,000: 1 error, 1 incomplete, 1 timeout.",
    );
  });

  it("leaves contradicted requests out unless they are asked for, and says how many", () => {
    const contaminated = [
      ...rows("vLLM", "cold", cold),
      ...rows("vLLM", "cold", [0.01, 0.01], { evidence: "contradicted", cached_tokens: 900 }),
      ...rows("vLLM", "warm", warm, { evidence: "unproven" }),
    ];
    const table = ttftTable(contaminated);
    expect(table.rows[0]).toMatchObject({ cold_n: 5, cold_median_seconds: 0.42 });
    expect(table.footnotes).toContain(
      "Cache state by the server's own report: 5 proven, 2 contradicted (left out), 5 unproven.",
    );
    const all = ttftTable(contaminated, { includeContradicted: true });
    expect(all.rows[0]).toMatchObject({ cold_n: 7, cold_median_seconds: 0.41 });
    expect(all.footnotes[0]).toContain("2 contradicted (counted anyway)");
  });

  it("prints a dash with the reason where a number is missing", () => {
    const table = ttftTable([
      ...rows("vLLM", "cold", [0.4]),
      row("vLLM", "warm", { outcome: "error" }),
      ...rows("other", "cold", [0.4]),
      row("third", "warm", { ttft_seconds: null }),
    ]);
    expect(table.footnotes).toEqual([
      "none of 1 warm request counts: failed, without a token, or contradicted",
      "no warm request",
      "no cold request",
      "Cache state by the server's own report: 3 proven, 0 contradicted, 0 unproven.",
      "Failed requests, excluded: vLLM at 1,000: 1 error.",
      "1 ended well without a token of content, and are excluded.",
      "Terms: docs/words.md.",
    ]);
    expect(table.text).toContain("—ᵃ");
    expect(table.rows[0]!.warm_median_seconds).toBeNull();
  });

  it("shows rows without a cache state apart and tells of seedStates", () => {
    const table = ttftTable(rows("seed", null, [0.4, 0.03]));
    expect(table.rows[0]).toMatchObject({ unstated_n: 2, unstated_median_seconds: 0.215, speedup: null });
    expect(table.text).toContain("not stated");
    expect(table.footnotes.at(-2)).toContain('seedStates: { first: "cold", following: "warm" }');
  });

  it("has a column for flushed runs only where there are some", () => {
    expect(ttftTable(twoLabels).text).not.toContain("flushed");
    const table = ttftTable([...rows("vLLM", "cold", cold), ...rows("vLLM", "flushed", [0.5])]);
    expect(table.text).toContain("flushed");
    expect(table.rows[0]!.flushed_median_seconds).toBe(0.5);
  });

  it("prints milliseconds also of long medians, and seconds in its data", () => {
    expect(ttftTable(rows("vLLM", "cold", [134])).text).toContain("134,000");
    expect(ttftTable(rows("vLLM", "cold", [134])).csv).toContain(",134,");
  });

  it("says when prompts or models are mixed in one median", () => {
    const mixed = [...rows("vLLM", "cold", [0.1]), ...rows("vLLM", "cold", [0.2], { prompt: "other" })];
    expect(ttftTable(mixed).footnotes.at(-2)).toBe("Different prompts are mixed in: vLLM at 1,000.");
  });

  it("stays within 100 columns however many columns and however long the labels are", () => {
    const long = "a label that goes on and on and names every flag of the server";
    const table = ttftTable(
      [
        ...twoLabels.map((one) => ({ ...one, label: long })),
        ...twoLabels.map((one) => ({ ...one, label: "标签标签标签标签标签标签标签标签标签标签" })),
        ...rows(long, "flushed", [12.5]),
        ...rows(long, null, [12.5]),
      ],
      { baseline: long },
    );
    for (const line of table.text.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(100);
    expect(table.text).toContain("warm, against");
    expect(table.markdown).toContain(long);
  });

  it("of no rows is an empty table", () => {
    expect(ttftTable([]).rows).toEqual([]);
    expect(ttftTable([]).text).toContain("label");
  });

  it("prints the same text every time", () => {
    expect(ttftTable(twoLabels, { baseline: "vLLM" }).text).toBe(
      ttftTable(twoLabels, { baseline: "vLLM" }).text,
    );
  });
});

describe("what the server tells of its own times", () => {
  const told = [
    row("vLLM", "cold", { ttft_seconds: 0.4, server_prefill_seconds: 0.3, server_queue_seconds: 0.001 }),
    row("vLLM", "warm", { ttft_seconds: 0.05, server_prefill_seconds: 0.02, server_queue_seconds: 0.002 }),
    row("vLLM", "warm", {
      ttft_seconds: 0.5,
      server_prefill_seconds: 0.4,
      server_queue_seconds: 0.9,
      evidence: "contradicted",
    }),
  ];

  it("stands beside TTFT: the medians of prefill, and how long requests waited", () => {
    const table = ttftTable([...told, row("other", "cold", { ttft_seconds: 0.7 })]);
    expect(table.rows[0]).toMatchObject({
      cold_prefill_median_seconds: 0.3,
      warm_prefill_median_seconds: 0.02,
    });
    expect(table.rows[1]).toMatchObject({ cold_prefill_median_seconds: null });
    expect(table.markdown).toContain("| 400 | 50.0 | 300 | 20.0 |");
    expect(table.footnotes).toContain("the server did not report the prefill time of these requests");
    expect(table.footnotes).toContain(
      "Server queue time (included in TTFT): median 1.50 ms, at most 2.00 ms (reported for 2 requests).",
    );
  });

  it("takes no column where no server tells it", () => {
    const table = ttftTable(rows("vLLM", "cold", [0.4]));
    expect(table.text).not.toContain("prefill");
    expect(table.footnotes.join()).not.toContain("Waiting");
  });
});

describe("prompts that the server cut", () => {
  const cutRows = [2_000, 8_000].flatMap((context) =>
    (["cold", "warm"] as const).flatMap((state) =>
      rows("Ollama", state, state === "cold" ? cold : warm, {
        context_target: context,
        context_tokens: context,
        prompt_tokens: Math.min(context + 40, 4_096),
        token_counter: "server /tokenize",
      }),
    ),
  );

  it("are in no median, and the note says why and what to do", () => {
    const table = ttftTable(cutRows);
    expect(table.rows).toMatchObject([
      { context_tokens: 2_000, cold_n: 5, warm_n: 5, cut_n: 0 },
      { context_tokens: 8_000, cold_n: 0, warm_n: 0, cut_n: 10, cold_median_seconds: null, speedup: null },
    ]);
    expect(table.text).toContain("10 proven, 0 contradicted");
    expect(table.text.replace(/\s+/g, " ")).toContain(
      "The server cut the prompts of 10 requests, which are excluded: it counted 4,096 prompt tokens where the " +
        "contexts alone have 8,000. Give it a longer context (Ollama: a larger num_ctx",
    );
  });

  it("count nowhere, whatever else is included", () => {
    expect(ttftTable(cutRows, { includeContradicted: true }).rows[1]).toMatchObject({ cold_n: 0 });
  });
});

import { describe, expect, it } from "vitest";
import { CORRECTED_ESTIMATE, ESTIMATE } from "../../src/domain/records/token-count.js";
import { blendChart } from "../../src/report/methods/blend-chart.js";
import { blendTable } from "../../src/report/methods/blend-table.js";
import { reportWarnings } from "../../src/report/page/report-warnings.js";
import { promptTable } from "../../src/report/prompts/prompt-table.js";
import { ttftChart } from "../../src/report/ttft/ttft-chart.js";
import { compareTtft } from "../../src/report/ttft/ttft-comparison.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { REPORT_ROWS } from "./report-rows.js";
import { rows } from "./ttft-rows.js";

const EXACT = "server /tokenize";
const seconds = [1, 1.01, 1.02, 1.03, 1.04];

/** Cold and warm requests of one label, asked for 4,000 tokens. */
const label = <const L extends string>(
  name: L,
  token_counter: string | null,
  prompt_tokens: number | null,
  factor = 1,
) =>
  (["cold", "warm"] as const).flatMap((state) =>
    rows(
      name,
      state,
      seconds.map((value) => (value * factor) / (state === "cold" ? 1 : 10)),
      { context_target: 4_000, context_tokens: 4_000, token_counter, prompt_tokens },
    ),
  );

const flat = (text: string) => text.replace(/\s+/g, " ");

describe("contexts that an estimate counted", () => {
  it("are marked in their row and explained in a note, with what the server counted", () => {
    const table = ttftTable(label("LiteLLM", ESTIMATE, 3_266));
    expect(table.text).toMatch(/LiteLLM +~4,000/);
    expect(flat(table.text)).toContain(
      "~: lengths counted by an estimate (≈ 4 characters a token), not by the model's tokenizer; the server counted " +
        "3,266 prompt tokens, question and template included, where the estimate says 4,000.",
    );
    expect(table.rows[0]).toMatchObject({ context_tokens: 4_000, context_is_estimate: true });
    expect(ttftTable(label("vLLM", EXACT, 4_040)).text).not.toContain("~");
  });

  it("are never explained by a prompt that the server cut", () => {
    const cut = label("Ollama", CORRECTED_ESTIMATE, 2_048);
    expect(flat(ttftTable(cut).text)).toMatch(/by the server's usage\), not by the model's tokenizer\./);
  });

  it("are marked on the axis", () => {
    const title = (token_counter: string) =>
      JSON.stringify(
        ttftChart([
          ...label("a", token_counter, 4_000),
          ...label("a", token_counter, 4_000).map((row) => ({ ...row, context_target: 2_000 })),
        ]).figure.layout.xaxis,
      );
    expect(title(ESTIMATE)).toContain("context (tokens, estimated)");
    expect(title(CORRECTED_ESTIMATE)).toContain("context (tokens, estimated)");
    expect(title(EXACT)).toContain("context (tokens)");
    expect(ttftChart(label("a", ESTIMATE, 4_000)).caption).toContain("context of 4,000 tokens, estimated");
    const blend = REPORT_ROWS.blend.map((row) => ({ ...row, token_counter: ESTIMATE }));
    expect(JSON.stringify(blendChart(blend).figure.layout.xaxis)).toContain("input (tokens, estimated)");
  });

  it("are a warning of a report", () => {
    const ttft = label("LiteLLM", ESTIMATE, 3_266);
    expect(reportWarnings({ ...REPORT_ROWS, ttft }, []).join("\n")).toContain(
      "ttft: lengths counted by an estimate (≈ 4 characters a token)",
    );
  });

  it("are explained below a prompt table in its language", () => {
    const own = label("a", ESTIMATE, 3_266).map((row) => ({ ...row, prompt_kind: "summary" }));
    expect(flat(promptTable(own).text)).toContain("~: lengths counted by an estimate");
    expect(promptTable(own, { language: "zh" }).text).toContain("长度由估算得出");
    // Each row by its own counter, with a column for the mark also where there is one length.
    const failed = { outcome: "error", error: "refused", ttft_seconds: null } as const;
    const other = label("b", EXACT, 4_040).map((row) => ({ ...row, prompt_kind: "summary" }));
    const table = promptTable([...own, ...other, { ...other[0]!, ...failed }] as typeof own);
    expect(table.text).toMatch(/^a .* ~4,000 /m);
    expect(table.text).toMatch(/^b .* 4,000 /m);
    expect(table.text).not.toMatch(/^b .*~/m);
    expect(table.text).toContain("Failed requests, excluded: b, summary: 1 error.");
  });
});

describe("a ratio across counters", () => {
  const against = (other: ReturnType<typeof label>) =>
    ttftTable([...label("vLLM", EXACT, 4_040), ...other], { baseline: "vLLM" as string });

  it("is left out, with the reason, where the server's own counts differ", () => {
    // 4,000 tokens by four characters were 3,226 of SmolLM2's.
    const table = against(label("LiteLLM", ESTIMATE, 3_266, 0.7));
    expect(table.rows[1]).toMatchObject({ cold_speedup: null, warm_speedup: null });
    // Its own cold and warm requests have one document.
    expect(table.rows[1]!.speedup).toBeCloseTo(10, 6);
    expect(flat(table.text)).toContain(
      "lengths are estimates, and the server's own counts differ: 3,266 and 4,040 prompt tokens",
    );
    expect(table.latex).not.toContain("textbf");
  });

  it("stands where the server's own counts agree within 5 %", () => {
    const table = against(label("LiteLLM", CORRECTED_ESTIMATE, 4_100, 0.5));
    expect(table.rows[1]!.cold_speedup).toBeCloseTo(2, 6);
  });

  it("is left out where no usage shows that they agree", () => {
    const table = against(label("Ollama", ESTIMATE, null, 0.5));
    expect(table.rows[1]!.cold_speedup).toBeNull();
    expect(flat(table.text)).toContain("no usage report shows that they agree");
  });

  it("stands between texts of as many characters, and between exact counters", () => {
    const same = [...label("a", ESTIMATE, null), ...label("b", ESTIMATE, null, 0.5)];
    expect(ttftTable(same, { baseline: "a" }).rows[1]!.cold_speedup).toBeCloseTo(2, 6);
    expect(against(label("llama.cpp", EXACT, 4_300, 0.5)).rows[1]!.cold_speedup).toBeCloseTo(2, 6);
  });

  it("is left out of a comparison's rows too", () => {
    const own = [...label("vLLM", EXACT, 4_040), ...label("LiteLLM", ESTIMATE, 3_266, 0.7)];
    const table = compareTtft(own, { baseline: "vLLM" });
    expect(table.rows.map(({ speedup, difference }) => [speedup, difference])).toEqual([
      [null, null],
      [null, null],
    ]);
    expect(flat(table.text)).toContain("lengths are estimates, and the server's own counts differ");
    expect(table.text).toContain("~4,000");
  });

  it("is left out between methods", () => {
    const own = REPORT_ROWS.blend.map((row) => ({
      ...row,
      token_counter: row.method === "cacheblend" ? ESTIMATE : EXACT,
      prompt_tokens: row.input_target! * (row.method === "cacheblend" ? 0.8 : 1),
    }));
    const table = blendTable(own);
    for (const { speedup, break_even_n } of table.rows)
      expect({ speedup, break_even_n }).toEqual({ speedup: null, break_even_n: null });
    expect(table.markdown).not.toMatch(/\*\*\d/);
    expect(flat(table.text)).toContain("lengths are estimates, and the server's own counts differ");
  });
});

describe("an input that was sent longer than asked", () => {
  it("shows what was sent", () => {
    const sent = (prompt_tokens: number) =>
      blendTable(
        REPORT_ROWS.blend.map((row) => ({ ...row, prompt_tokens })).filter((row) => row.input_target === 512),
      );
    expect(sent(517).text).toContain("512 (517 sent)");
    expect(sent(517).rows[0]).toMatchObject({ input_tokens: 512, prompt_tokens: 517 });
    expect(sent(512).text).not.toContain("sent)");
  });
});

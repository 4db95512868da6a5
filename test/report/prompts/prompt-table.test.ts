import { describe, expect, it } from "vitest";
import { OptionError } from "../../../src/domain/errors/errors.js";
import { DEFAULT_PROMPTS } from "../../../src/experiments/ttft/prompt-effect.js";
import { promptChart } from "../../../src/report/prompts/prompt-chart.js";
import { promptTable } from "../../../src/report/prompts/prompt-table.js";
import { row, rows } from "../ttft-rows.js";

const five = (seconds: number) => [0.98, 0.99, 1, 1.01, 1.02].map((factor) => factor * seconds);
const prompt = (kind: string, text: string, cold: number, warm: number) => {
  const fields = { prompt_kind: kind, prompt: text };
  return [...rows("vLLM", "cold", five(cold), fields), ...rows("vLLM", "warm", five(warm), fields)];
};

const measured = [
  ...prompt("summary", "Summarize this text", 0.6, 0.4),
  ...prompt("question", "What is <b>meant</b>?", 0.42, 0.4),
  ...prompt("翻译", "请翻译成中文", 0.4, 0.4),
];

describe("promptTable", () => {
  it("has one row a prompt with its effect and the rating at 1.5 and 1.05", () => {
    expect(
      promptTable(measured).rows.map(({ prompt_kind, effect, rating }) => [prompt_kind, effect, rating]),
    ).toEqual([
      ["summary", expect.closeTo(1.5, 9), "excellent"],
      ["question", expect.closeTo(1.05, 9), "good"],
      ["翻译", 1, "fair"],
    ]);
  });

  it("names the kinds of the usual prompts in its language, in table and chart, and keeps the log's names in its data", async () => {
    const usual = Object.entries(DEFAULT_PROMPTS).flatMap(([kind, text]) => prompt(kind, text, 0.6, 0.4));
    const table = promptTable(usual, { language: "zh" });
    const svg = JSON.stringify(promptChart(usual, { language: "zh" }).figure);
    for (const kind of ["简单提问", "中文总结", "英文提问", "功能提问", "结构分析"]) {
      expect(table.text).toContain(kind);
      expect(svg).toContain(kind);
    }
    expect(promptTable(usual).text).toContain("simple question");
    expect(table.rows[0]!.prompt_kind).toBe("simple question");
  });

  it("prints in English and in Chinese", () => {
    expect(promptTable(measured).text).toBe(
      [
        "Effect of the cache (cold over warm TTFT) over 3 prompts: from × 1.00 to × 1.50.",
        "",
        "                                      cold    warm",
        "                                      TTFT    TTFT",
        "                                    median  median              effect",
        "prompt kind  prompt                   (ms)    (ms)         × [95 % CI]  rating",
        "───────────  ─────────────────────  ──────  ──────  ──────────────────  ─────────",
        "summary      Summarize this text       600     400   1.50 [1.44, 1.57]  excellent",
        "question     What is <b>meant</b>?     420     400   1.05 [1.00, 1.10]  good",
        "翻译         请翻译成中文              400     400  1.00 [0.957, 1.04]  fair",
        "",
        "n: 5 cold and 5 warm requests per prompt. Rating: effect ≥ 1.5 excellent, ≥ 1.05 good, else fair.",
        "Cache state by the server's own report: 30 proven, 0 contradicted, 0 unproven.",
        "Effect: two samples, because nothing says which requests belong together.",
        "Terms: docs/words.md.",
      ].join("\n"),
    );
    const chinese = promptTable(measured, { language: "zh" });
    expect(chinese.text).toContain("优秀");
    expect(chinese.text).toContain("良好");
    expect(chinese.text).toContain("一般");
    expect(chinese.rows).toEqual(promptTable(measured).rows);
    expect(chinese.html).toContain("What is &lt;b&gt;meant&lt;/b&gt;?");
  });

  it("shows further percentiles and times, with their reasons in the table's language", () => {
    const chosen = { percentiles: [50, 90, 95], times: ["e2e"] } as const;
    const table = promptTable(measured, chosen);
    const [first] = table.rows;
    // Type 7 of 0.588 … 0.612: the median is the third of five.
    expect(first).toMatchObject({
      cold_ttft_p50_seconds: 0.6,
      warm_ttft_p50_seconds: 0.4,
      cold_ttft_p95_seconds: null,
    });
    expect(table.text).toContain("a p90 needs 10 requests");
    expect(table.text.match(/p95/g)!.length).toBeGreaterThanOrEqual(4);
    const zh = promptTable(measured, { ...chosen, language: "zh" });
    expect(zh.text).toContain("p90 至少需要 10 次请求");
    expect(zh.text).not.toContain("needs");
    expect(() => promptTable(measured, { percentiles: [0] })).toThrow("percentiles must hold numbers");
  });

  it("rates at the threshold itself", () => {
    const exact = (cold: number, warm: number) =>
      promptTable([...rows("a", "cold", [cold]), ...rows("a", "warm", [warm])]).rows[0]!.rating;
    expect([exact(3, 2), exact(1.05, 1), exact(1.0499, 1)]).toEqual(["excellent", "good", "fair"]);
  });

  it("gives no rating where a side is missing, with the reason", () => {
    const table = promptTable([
      ...rows("vLLM", "cold", [0.4], { prompt_kind: "summary" }),
      row("vLLM", "warm", { prompt_kind: "summary", outcome: "timeout" }),
    ]);
    expect(table.rows[0]).toMatchObject({ effect: null, rating: null, failed_n: 1 });
    expect(table.footnotes).toContain("Failed requests, excluded: summary: 1 timeout.");
    expect(table.text).toContain("—ᵃ");
  });

  it("keeps labels and contexts apart and shows them where there are several", () => {
    const table = promptTable([
      ...prompt("summary", "s", 0.6, 0.4).map((one) => ({ ...one, context_target: 1000 })),
      ...prompt("summary", "s", 6, 0.4).map((one) => ({ ...one, context_target: 8000, label: "LMCache" })),
    ]);
    expect(
      table.rows.map(({ label, context_target, effect }) => [
        label,
        context_target,
        Math.round(effect! * 10),
      ]),
    ).toEqual([
      ["vLLM", 1000, 15],
      ["LMCache", 8000, 150],
    ]);
    expect(table.text).toContain("8,000");
  });

  it("has its footnotes in the language of its headers", () => {
    const chinese = promptTable(
      [
        ...rows("vLLM", "cold", [0.4], { prompt_kind: "summary" }),
        row("vLLM", "warm", { prompt_kind: "summary", outcome: "timeout" }),
        row("vLLM", "warm", { prompt_kind: "summary", ttft_seconds: 0.1, evidence: "contradicted" }),
        ...rows("vLLM", "cold", [0.4, 0.4], { prompt_kind: "question" }),
        ...rows("vLLM", "warm", [0.1, 0.1], { prompt_kind: "question" }),
      ],
      { language: "zh" },
    );
    expect(chinese.footnotes).toEqual([
      "2 次热缓存请求均不计入：失败、没有输出内容，或与服务器的报告相矛盾",
      "只有 2 个值：至少 5 个才能给出置信区间",
      "n：每个提示词冷缓存 1–2 次、热缓存 0–2 次。评级：效果 ≥ 1.5 为优秀，≥ 1.05 为良好，其余为一般。",
      "缓存状态以服务器自身的报告为准：5 次证实，1 次矛盾（不计入），0 次无法证实。",
      "失败的请求不计入中位数：summary：超时 1 次。",
      "缓存效果：日志没有说明哪些冷、热请求属于同一次试验，按两个独立样本处理。",
      "术语解释：docs/words.md。",
    ]);
    expect(chinese.latex).toContain("n：每个提示词冷缓存 1--2 次、热缓存 0--2 次。");
  });

  it("refuses an unknown language", () => {
    // @ts-expect-error: the language is a union, and checked as well
    expect(() => promptTable(measured, { language: "fr" })).toThrow(OptionError);
  });
});

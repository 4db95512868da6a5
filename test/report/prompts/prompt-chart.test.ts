import { describe, expect, it } from "vitest";
import { promptChart } from "../../../src/report/prompts/prompt-chart.js";
import { drawnTexts } from "../../charts/drawn-texts.js";
import { rows } from "../ttft-rows.js";

const asked = (prompt_kind: string, cold: readonly number[], warm: readonly number[]) => [
  ...rows("server", "cold", cold, { prompt: prompt_kind, prompt_kind }),
  ...rows("server", "warm", warm, { prompt: prompt_kind, prompt_kind }),
];

describe("ttft.prompts.chart", () => {
  it("has a row for each prompt and state: every request, the median as a bar, and its number beside it", () => {
    const { data, layout } = promptChart([
      ...asked("summary", [0.5, 0.3, 0.4], [0.02, 0.03, 0.01]),
      ...asked("question", [0.6], [0.05]),
    ]).figure;
    expect(data.map(({ name, x }) => [name, x])).toEqual([
      ["cold", [500, 300, 400, 600]],
      ["cold, median", [400, 600]],
      ["warm", [20, 30, 10, 50]],
      ["warm, median", [20, 50]],
    ]);
    expect(layout.yaxis).toMatchObject({ ticktext: ["summary", "question"] });
    expect(layout.xaxis).toMatchObject({ type: "log", title: { text: "TTFT (ms)" } });
    expect(layout.annotations).toMatchObject(["400", "20.0", "600", "50.0"].map((text) => ({ text })));
  });

  it("speaks Chinese too, and refuses another language", () => {
    const chart = promptChart(asked("总结", [0.5], [0.02]), { language: "zh" });
    expect(chart.caption).toBe("不同提示词的首 token 延迟: 总结; 每次请求一个点，横线为中位数（ms）");
    expect(() => promptChart([], { language: "fr" as "en" })).toThrow('language must be "en" or "zh"');
  });

  it("shows hostile, long and right-to-left names as text", async () => {
    const names = ['<b onload="x">&amp;\nnext', "שאלה", "\u202eesrever", "W".repeat(200)];
    const chart = promptChart(names.flatMap((name) => asked(name, [0.5], [0.02])));
    const texts = (await drawnTexts(chart.figure)).map(({ text }) => text);
    expect(texts.join(" ")).toContain('<b onload="x">&amp; next');
    expect(texts).toContain("שאלה");
    expect(texts).toContain("esrever");
  });

  it("leaves contradicted requests out", () => {
    const [one] = rows("server", "cold", [9], {
      prompt_kind: "summary",
      prompt: "summary",
      evidence: "contradicted",
    });
    const { data } = promptChart([...asked("summary", [0.5], [0.02]), one!]).figure;
    expect(data[0]!.x).toEqual([500]);
    expect(promptChart([]).figure.data).toEqual([]);
  });
});

import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../../src/domain/errors/errors.js";
import { makeReport, type Report, type ReportContent } from "../../../src/report/page/report-page.js";
import { fadingReuse, simulatedLoad } from "../load-rows.js";
import { REPORT_ROWS } from "../report-rows.js";
import { row, rows } from "../ttft-rows.js";

const manifest = {
  server: "http://127.0.0.1:8000/v1",
  model: "tiny",
  seed: 7,
  options: { runs: 5, prompt: "Summarize this text" },
  started_at: "2026-11-20T10:00:00.000Z",
  package_version: "0.1.0",
  node_version: "v20.20.2",
};
const content: ReportContent = {
  rows: REPORT_ROWS,
  logs: [{ path: "results/vllm.jsonl", kind: "ttft", manifest }],
  problems: [],
  title: "Two servers",
  madeAt: "2026-11-25T12:00:00.000Z",
  packageVersion: "0.1.0",
};
const none = { ttft: [], blend: [], quality: [], load: [], proxy: [] };
const documentOf = ({ html }: Report) => new JSDOM(html).window.document;
const texts = (document: Document, selector: string) =>
  [...document.querySelectorAll(selector)].map((element) => element.textContent);

describe("text from servers and prompts", () => {
  const evil =
    '<script>alert(1)</script><img src=x onerror="alert(1)"></pre><a href="http://evil.test">&amp;</a>';

  it("is shown as text, wherever it stands", async () => {
    const failed = { ...row(evil, "cold", { outcome: "error" }), error: evil };
    const report = await makeReport({
      ...content,
      title: evil,
      rows: {
        ttft: [
          ...rows(evil, "cold", [0.5, 0.6], { model: evil, evidence_source: evil }),
          ...rows(evil, "warm", [0.5], { prompt_kind: evil, prompt: evil }),
          failed as (typeof REPORT_ROWS.ttft)[number],
        ],
        load: fadingReuse().map((one) => ({ ...one, label: `${evil}${one.label}`, model: evil })),
        blend: REPORT_ROWS.blend.map((one) => ({ ...one, label: `${evil}${one.label}` })),
        quality: REPORT_ROWS.quality.map((one) => ({
          ...one,
          label: evil,
          prediction: evil,
          references: [evil],
        })),
        proxy: REPORT_ROWS.proxy.map((one) => ({ ...one, label: evil })),
      },
      logs: [
        {
          path: evil,
          kind: evil,
          manifest: { ...manifest, server: evil, model: evil, seed: evil, options: { [evil]: evil } },
        },
        { path: evil, kind: "ttft", manifest: { unreadable: evil } },
        { path: evil, kind: evil, tool: evil, manifest: null },
      ],
      problems: [evil],
    });
    const document = documentOf(report);
    expect(document.querySelectorAll("script, img, a")).toHaveLength(0);
    const attributes = [...document.querySelectorAll("*")].flatMap((element) => element.getAttributeNames());
    expect(attributes.filter((name) => name.startsWith("on"))).toEqual([]);
    expect(document.querySelector("h1")!.textContent).toBe(evil);
    expect(texts(document, ".warnings li")).toContain(evil);
    expect(document.querySelector("#prompts ~ .wide tbody")!.textContent).toContain(evil);
    expect(document.querySelector("#ttft ~ figure svg")!.textContent).toContain("<script>alert(1)</script>");
  });
});

describe("the section on loads", () => {
  it("has the table, and how long reuse lasts where documents come from a pool", async () => {
    const load = [...simulatedLoad({ blocks: 2, requests: 10 }), ...fadingReuse({ label: "pool" })];
    const made = await makeReport({ ...content, rows: { ...none, load }, baseline: "Full prefill" });
    expect(Object.keys(made.tables)).toEqual(["compared", "load", "reuse"]);
    expect(made.tables.load!.length).toBeGreaterThanOrEqual(10);
    const page = documentOf(made);
    expect(texts(page, "h2")[1]).toBe(
      "How does the time to first token hold up under load, and how long does reuse last?",
    );
    expect(page.querySelectorAll("figure")).toHaveLength(3);
    expect(page.body.textContent).toMatch(/pool: reuse ended after request [67]\d/);
    const alone = await makeReport({ ...content, rows: { ...none, load: simulatedLoad({ blocks: 1 }) } });
    expect(Object.keys(alone.tables)).toEqual(["compared", "load"]);
  });
});

describe("what a reader must know", () => {
  it("begins with an alarm where an A/A arm differs from its twin", async () => {
    const withTwins = <R extends { method: string | null; ttft_seconds: number | null }>(
      rows: readonly R[],
    ): R[] => [
      ...rows,
      ...rows
        .filter(({ method }) => method === "full_prefill")
        .map((row) => ({ ...row, label: "Full prefill (again)", ttft_seconds: row.ttft_seconds! / 9 })),
    ];
    const { blend, quality } = REPORT_ROWS;
    const { html, warnings } = await makeReport({
      ...content,
      rows: { ...none, blend: withTwins(blend), quality: withTwins(quality) },
    });
    expect(warnings.slice(0, 3).map((warning) => warning.slice(0, 24))).toEqual([
      "blend: A/A alarm at 512 ",
      "blend: A/A alarm at 2,04",
      "quality: A/A alarm on mu",
    ]);
    expect(html).toContain("<p><strong>A/A alarm at 512 tokens");
  });

  it("does not ask another tool's result for a manifest, nor what it meant to hit the cache", async () => {
    const source_tool = "GuideLLM";
    const ttft = rows("a", "cold", [0.5, 0.6], { evidence: "unproven" }).map((one) => ({
      ...one,
      source_tool,
    }));
    const logs = [{ path: "benchmarks.json", kind: "ttft", tool: "GuideLLM 0.8.1", manifest: null }];
    const report = await makeReport({ ...content, rows: { ...none, ttft }, logs });
    expect(report.warnings).toEqual([
      "ttft: files of other tools do not say which requests were meant to hit the cache (2 requests).",
    ]);
    expect(documentOf(report).body.textContent).toContain("A result of GuideLLM 0.8.1, read as ttft.");
  });

  it("is not said of examples that were left out, which the table counts", async () => {
    const [first, ...others] = REPORT_ROWS.quality;
    const leftOut = {
      ...{
        left_out: true,
        outcome: "error",
        error: "Left out: it is too long.",
        score: null,
        ttft_seconds: null,
      },
    } as const;
    const quality = [{ ...first!, ...leftOut } as (typeof REPORT_ROWS.quality)[number], ...others];
    const { html } = await makeReport({ ...content, rows: { ...none, quality } });
    const { body } = new JSDOM(html).window.document;
    expect(body.textContent).not.toMatch(/requests? failed/);
    expect(body.textContent!.replace(/\s+/g, " ")).toContain(
      "Left out because they are too long for the model's context: 1 of 8 examples.",
    );
  });

  it("comes before the first question", async () => {
    const one = { ...none, proxy: REPORT_ROWS.proxy };
    const report = await makeReport({ ...content, rows: one, problems: ["Mind this."] });
    const questions = texts(documentOf(report), "h2");
    expect(questions[0]).toBe("Before you read the numbers");
    expect(questions.length).toBeGreaterThan(2);
  });
});

describe("a report's TTFT", () => {
  it("is not in the tables of examples that ran side by side, unless it is asked for", async () => {
    const quality = REPORT_ROWS.quality.map((row) => ({ ...row, concurrency: 8 }));
    const side = { ...content, rows: { ...none, quality } };
    expect((await makeReport(side)).html).not.toContain("speed-up");
    expect((await makeReport({ ...side, shown: { showTtft: true } })).html).toContain("speed-up");
  });
});

describe("the baseline of a report", () => {
  it("is used where a question has it and must be a label of some", async () => {
    const [, , lmcache] = (
      await makeReport({ ...content, rows: { ...none, ttft: REPORT_ROWS.ttft }, baseline: "vLLM" })
    ).tables.ttft as { cold_speedup: number | null }[];
    expect(lmcache!.cold_speedup).toBeCloseTo(0.9, 9);
    await expect(makeReport({ ...content, baseline: "vLMM" })).rejects.toThrow(OptionError);
  });
});

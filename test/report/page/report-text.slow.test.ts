import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { makeReport, type Report, type ReportContent } from "../../../src/report/page/report-page.js";
import { fadingReuse } from "../load-rows.js";
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

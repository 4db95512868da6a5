import { JSDOM } from "jsdom";
import { beforeAll, describe, expect, it } from "vitest";
import { makeReport, type Report, type ReportContent } from "../../../src/report/page/report-page.js";
import { reportWarnings } from "../../../src/report/page/report-warnings.js";
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

describe("a report of files that hold aggregates alone", () => {
  it("has a table of them, marked as such, and counts no request", async () => {
    const total = { label: "vLLM bench", run: 1, part: null, model: "m", statistic: "mean", value: 0.05 };
    const origin = {
      source_tool: "vllm bench serve",
      source_version: null,
      ttft_definition: "the first chunk with choices, even if empty",
      log_path: "serve.json",
    };
    const totals = [{ ...total, ...origin, measure: "ttft_seconds", unit: "s" } as const];
    const report = await makeReport({ ...content, rows: { ...none, totals }, logs: [] });
    const document = documentOf(report);
    expect(texts(document, "h2")[0]).toBe(
      "What did other tools compute themselves, of requests that their files do not hold?",
    );
    expect(texts(document, ".lead")).toEqual([
      "0 requests from 0 logs, and aggregates from 1 file of other tools.",
    ]);
    expect(texts(document, "caption")[0]).toContain("Aggregates");
    expect(report.tables.totals).toMatchObject([
      { label: "vLLM bench", measure: "ttft_seconds", mean: 0.05 },
    ]);
    expect(document.body.textContent).toContain("These are aggregates");
  });
});

describe("a report", () => {
  let report: Report;
  let document: Document;
  beforeAll(async () => {
    report = await makeReport(content);
    document = documentOf(report);
  });

  it("asks the questions that the logs answer, each with its table and its chart", () => {
    expect(texts(document, "h1, h2, h3")).toEqual([
      "Two servers",
      "What the comparison shows",
      "How does the time to first token grow with the context, cold and warm?",
      "Does the question change what the cache saves?",
      "How much sooner does the first token come when KV is reused?",
      "What does reuse cost in answer quality?",
      "What does a proxy add to the provider's latency and take from its throughput?",
      "Where the numbers come from",
      "results/vllm.jsonl",
    ]);
    expect(texts(document, "section > .wide > table > caption")).toEqual([
      "Compared: TTFT",
      "Compared: TTFT by method",
      "Compared: quality",
      "Compared: proxy overhead",
      "TTFT by label and context",
      "TTFT and the cache's effect by prompt",
      "TTFT by input length and method",
      "Scores by dataset and method",
      "Latency, overhead and throughput by proxy and load",
      "What was measured",
    ]);
    expect(document.querySelectorAll("figure svg[role=img][aria-label]")).toHaveLength(10);
    expect(texts(document, "#proxy ~ p")[0]).toMatch(/^litellm, chat × 10: adds/);
    expect(document.querySelector("#ttft ~ .wide tbody th[scope=row]")!.textContent).toBe("vLLM");
    expect(texts(document, ".lead")).toEqual([
      `${REPORT_ROWS.ttft.length + 20 + 16 + 240} requests from 1 log.`,
    ]);
  });

  it("loads nothing and runs nothing, and a browser is told to refuse both", () => {
    expect(document.querySelector("meta[http-equiv=Content-Security-Policy]")!.getAttribute("content")).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    );
    expect(
      document.querySelectorAll("script, link, img, image, iframe, object, embed, foreignObject"),
    ).toHaveLength(0);
    expect(document.querySelectorAll("[src], [srcset], [action]")).toHaveLength(0);
    const links = [...document.querySelectorAll("*")].flatMap((element) =>
      ["href", "xlink:href"].flatMap((name) => element.getAttribute(name) ?? []),
    );
    expect(links.filter((link) => !link.startsWith("#"))).toEqual([]);
    expect(report.html).not.toMatch(/@import|url\((?!#)/);
  });

  it("draws each chart for a wide and for a narrow window, with words at every point and all values in a table", () => {
    const figures = [...document.querySelectorAll("figure")];
    expect(figures).toHaveLength(5);
    for (const figure of figures) {
      const values = figure.nextElementSibling!.querySelectorAll("tbody tr");
      expect(values.length).toBeGreaterThan(0);
      for (const picture of figure.querySelectorAll("svg")) {
        const [width, height] = ["width", "height"].map((side) => Number(picture.getAttribute(side)));
        const spots = [...picture.querySelectorAll(".point-words")];
        expect(spots).toHaveLength(values.length);
        for (const spot of spots) {
          const [x, y] = ["cx", "cy"].map((side) => Number(spot.querySelector("circle")!.getAttribute(side)));
          expect(x! > 0 && x! < width! && y! > 0 && y! < height!).toBe(true);
        }
      }
    }
    // A phone of 390 pixels leaves 364 beside the page's edges: type of 12 pixels stays readable there, without scrolling.
    expect([...figures[0]!.querySelectorAll("svg")].map((svg) => svg.getAttribute("width"))).toEqual([
      "760",
      "350",
    ]);
    expect(report.html).not.toMatch(/figure svg\{[^}]*min-width/);
    const [first] = figures[0]!.querySelectorAll(".point-words");
    expect([...first!.querySelectorAll("tspan")].map(({ textContent }) => textContent)).toEqual([
      "vLLM, cold",
      "1,000 tokens",
      "100 ms",
      "IQR 99.0 to 101 ms",
      "n = 5",
    ]);
  });

  it("has no id twice, so that no chart is clipped by another's box", () => {
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("gives every colour of a chart another on dark paper", () => {
    const named = new Set([...report.html.matchAll(/var\((--rgb-[\d-]+),/g)].map((match) => match[1]!));
    const dark = /prefers-color-scheme:dark\)\{:root\{([^}]*)\}/.exec(report.html)![1]!;
    // Plotly's own scroll bar, which a picture does not have.
    named.delete("--rgb-128-139-164");
    expect([...named].filter((name) => !dark.includes(`${name}:`))).toEqual([]);
  });

  it("says which server, model, versions, seed and options made a log", () => {
    const facts = texts(document, "dt, dd");
    for (const fact of [manifest.server, "tiny", "7", "0.1.0", "v20.20.2"]) expect(facts).toContain(fact);
    expect(JSON.parse(document.querySelector("details pre")!.textContent!)).toEqual(manifest.options);
    const measured = texts(document, "#provenance ~ .wide tbody tr:first-child > *");
    expect(measured).toEqual([
      "ttft",
      "vLLM",
      "30",
      "0",
      "tiny",
      "30",
      "0",
      "0",
      "nothing reported",
      "not stated",
    ]);
  });

  it("has no warnings where there is nothing to warn of", () => {
    expect(report.warnings).toEqual([]);
    expect(document.querySelector(".warnings")).toBeNull();
  });

  it("gives the tables' rows by question", () => {
    expect(Object.keys(report.tables)).toEqual(["compared", "ttft", "prompts", "blend", "quality", "proxy"]);
    expect(report.tables.ttft).toHaveLength(4);
  });
});

describe("what a reader must know", () => {
  it("is said of failed, contradicted and unproven requests, with the reasons", () => {
    const failed = { ...row("a", "cold", { outcome: "timeout" }), error: "no byte in 300 s" };
    const ttft = [
      ...rows("a", "cold", [0.5, 0.6]),
      row("a", "cold", { ttft_seconds: 0.1, evidence: "contradicted" }),
      row("a", "warm", { ttft_seconds: 0.1, evidence: "unproven", evidence_reason: "too short for a block" }),
      failed as (typeof REPORT_ROWS.ttft)[number],
    ];
    expect(reportWarnings({ ...none, ttft }, content.logs)).toEqual([
      "ttft: 1 of 5 requests failed (1 timeout) and are excluded: no byte in 300 s (1 ×).",
      "ttft: the server's report contradicts 1 of 4 requests; they are excluded.",
      "ttft: nothing proves the cache state of 1 of 4 requests, counted as intended: too short for a block.",
    ]);
  });

  it("is said of models, counters and versions that are mixed", () => {
    const ttft = [
      ...rows("a", "cold", [0.5], { model: "m1", token_counter: "/tokenize" }),
      ...rows("a", "cold", [0.5], { model: "m2" }),
    ];
    const older = {
      path: "b.jsonl",
      kind: "ttft",
      manifest: { ...manifest, package_version: "0.0.9", node_version: "v22" },
    };
    expect(reportWarnings({ ...none, ttft }, [...content.logs, older])).toEqual([
      'ttft: "a" mixes models: m1, m2.',
      "ttft: contexts were counted by different token counters: /tokenize, one not stated.",
      "The logs were made by different versions of firsttoken: 0.1.0, 0.0.9.",
      "The logs were made by different versions of Node: v20.20.2, v22.",
    ]);
  });

  it("is said of manifests that are missing or broken, after what the reading found", async () => {
    const logs = [
      { path: "a.jsonl", kind: "ttft", manifest: null },
      { path: "b.jsonl", kind: "ttft", manifest: { unreadable: "Can't read b.jsonl.meta.json: it is cut." } },
    ];
    const problems = ["a.jsonl is given twice; it was read once."];
    expect((await makeReport({ ...content, rows: none, logs, problems })).warnings).toEqual([
      "a.jsonl is given twice; it was read once.",
      "These logs have no manifest, so nothing says how they were made: a.jsonl.meta.json.",
      "Can't read b.jsonl.meta.json: it is cut.",
    ]);
  });
});

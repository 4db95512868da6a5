import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadTable } from "../../src/report/load/load-table.js";
import { reuseTable } from "../../src/report/load/reuse-table.js";
import { blendTable } from "../../src/report/methods/blend-table.js";
import { divergenceTable } from "../../src/report/methods/divergence-table.js";
import { qualityTable } from "../../src/report/methods/quality-table.js";
import { promptTable } from "../../src/report/prompts/prompt-table.js";
import { proxyTable } from "../../src/report/proxy/proxy-table.js";
import { streamingTable } from "../../src/report/proxy/streaming-table.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { fadingReuse, simulatedLoad } from "../report/load-rows.js";
import { REPORT_ROWS } from "../report/report-rows.js";

const page = readFileSync(new URL("../../docs/words.md", import.meta.url), "utf8").toLowerCase();

const TABLES = {
  ttft: () => ttftTable(REPORT_ROWS.ttft),
  prompts: () => promptTable(REPORT_ROWS.ttft),
  blend: () => blendTable(REPORT_ROWS.blend),
  quality: () => qualityTable(REPORT_ROWS.quality),
  divergence: () => divergenceTable(REPORT_ROWS.quality),
  load: () => loadTable(simulatedLoad({ blocks: 2 }), { slo: { ttftSeconds: 1 } }),
  reuse: () => reuseTable(fadingReuse()),
  proxy: () => proxyTable(REPORT_ROWS.proxy),
  streaming: () => streamingTable(REPORT_ROWS.proxy),
};

/** What a header says beside its terms. */
const PLAIN = new Set([
  "label",
  "model",
  "dataset",
  "kind",
  "requests",
  "since",
  "last",
  "use",
  "against",
  "uses",
]);

describe("the page of words", () => {
  it.each(Object.entries(TABLES))("has every word of the headers of %s", (_, table) => {
    const words = table()
      .markdown.split("\n")
      .find((line) => line.startsWith("|"))!
      .replace(/\\|&#?\w+;/g, "")
      .toLowerCase()
      .match(/\p{L}{2,}/gu)!;
    expect(words.filter((word) => !PLAIN.has(word) && !page.includes(word))).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import type { BlendRecord } from "../../../src/domain/records/record-kinds.js";
import { blendChart } from "../../../src/report/methods/blend-chart.js";
import { REPORT_ROWS } from "../report-rows.js";

const [one] = REPORT_ROWS.blend.filter(({ label }) => label === "Full prefill");

/** A request of full prefill with so many chunks of so many tokens, a millisecond for each token. */
const of = (chunks: number | null, length: number): BlendRecord => {
  const input_target = (chunks ?? 1) * length;
  return { ...one!, chunks, input_target, context_tokens: input_target, ttft_seconds: input_target / 1_000 };
};

const lines = (rows: readonly BlendRecord[], against: "chunks" | "chunkLength") =>
  blendChart(rows, { against }).figure.data.map(({ name, x, y }) => ({ name, x, y }));

describe("blend.chart against chunks", () => {
  it("keeps the chunk length along a line, and never joins two", () => {
    expect(lines([of(2, 512), of(6, 512), of(2, 256), of(6, 256)], "chunks")).toEqual([
      { name: "Full prefill · 512 tokens a chunk", x: [2, 6], y: [1_024, 3_072] },
      { name: "Full prefill · 256 tokens a chunk", x: [2, 6], y: [512, 1_536] },
    ]);
  });

  it("keeps the input length where no chunk length comes with two numbers", () => {
    const rows = [of(2, 1_024), of(4, 512), of(8, 256)];
    expect(lines(rows, "chunks")).toEqual([{ name: "Full prefill", x: [2, 4, 8], y: [2_048, 2_048, 2_048] }]);
    expect(blendChart(rows, { against: "chunks" }).caption).toContain("input length fixed");
  });

  it("keeps the number of chunks along their length", () => {
    expect(lines([of(6, 256), of(6, 512), of(2, 512)], "chunkLength")).toEqual([
      { name: "Full prefill · 6 chunks", x: [256, 512], y: [1_536, 3_072] },
      { name: "Full prefill · 2 chunks", x: [512], y: [1_024] },
    ]);
  });

  it("leaves out what does not say how many chunks there were, and refuses an axis that is none", () => {
    expect(lines([of(null, 512)], "chunks")).toEqual([]);
    expect(() => blendChart([], { against: "batch" as "chunks" })).toThrow(
      'against must be "input", "chunks" or "chunkLength"',
    );
  });
});

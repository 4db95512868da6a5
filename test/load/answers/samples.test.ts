import { expect, it } from "vitest";
import { COLUMN, WIDTH } from "../../../src/load/answers/sample-row.js";
import { mergeSamples, Samples } from "../../../src/load/answers/samples.js";

/** So many requests of one thread, every second of which failed, and every third of which has a text. */
function thread(requests: number, firstSent: number) {
  const samples = new Samples();
  for (let i = 0; i < requests; i++) {
    const row = new Float64Array(WIDTH).fill(i);
    row[COLUMN.sent] = firstSent + i;
    samples.add(row, {
      failure: i % 2 === 0 ? null : { outcome: "error", failure: "bad status", error: `no ${i}` },
      remark: null,
      finishReason: i % 2 === 0 ? "stop" : null,
      cachedTokensSource: null,
      text: i % 3 === 0 ? `text ${i}` : null,
      gapSeconds: Float64Array.of(i),
    });
  }
  return samples.pack();
}

it.each([0, 1, 1023, 1024, 1025, 3000])("are packed as they were added, %i of them", (requests) => {
  const merged = mergeSamples([thread(requests, 0)]);
  expect(merged).toHaveLength(requests);
  for (const [i, { row, failure, finishReason, text, gapSeconds }] of merged.entries()) {
    expect([row[COLUMN.request], row[COLUMN.due], row[COLUMN.status]]).toEqual([i, i, i]);
    expect([...gapSeconds!]).toEqual([i]);
    expect([failure?.error ?? null, finishReason, text]).toEqual([
      i % 2 === 0 ? null : `no ${i}`,
      i % 2 === 0 ? "stop" : null,
      i % 3 === 0 ? `text ${i}` : null,
    ]);
  }
});

it("of several threads are merged by their starts", () => {
  const merged = mergeSamples([thread(1500, 0), thread(1500, 0.5), thread(1, -1)]);
  const sent = merged.map(({ row }) => row[COLUMN.sent]!);
  expect(sent.slice(0, 4)).toEqual([-1, 0, 0.5, 1]);
  expect(sent).toEqual([...sent].sort((a, b) => a - b));
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ContentStamps, tpotSeconds } from "../../../src/client/answer/content-stamps.js";
import { contentTokens } from "../../../src/client/event/server-figures.js";
import { quantile } from "../../../src/stats/quantile.js";

const MS = 1_000_000n;
const gapsOf = (stamps: readonly bigint[], contents = new ContentStamps()) => {
  contents.clear();
  for (const at of stamps) contents.add(at);
  return contents.gaps();
};

describe("the gaps between an answer's contents", () => {
  // Gaps of 10, 10 and 40 ms: their mean is 20, and at (3 − 1) · 0.99 of the way stands 10 + 30 · 0.98.
  it("have a mean and a 99th percentile of type 7", () => {
    const { itl_seconds, itl_p99_seconds, spanSeconds } = gapsOf([
      5n,
      5n + 10n * MS,
      5n + 20n * MS,
      5n + 60n * MS,
    ]);
    expect(itl_seconds).toBeCloseTo(0.02, 12);
    expect(itl_p99_seconds).toBeCloseTo(0.0394, 12);
    expect(spanSeconds).toBeCloseTo(0.06, 12);
  });

  it("are not known of fewer than two", () => {
    const nothing = { itl_seconds: null, itl_p99_seconds: null, spanSeconds: null };
    expect(gapsOf([])).toEqual(nothing);
    expect(gapsOf([7n])).toEqual(nothing);
  });

  it("are 0 between events of one read", () => {
    expect(gapsOf([7n, 7n, 7n])).toEqual({ itl_seconds: 0, itl_p99_seconds: 0, spanSeconds: 0 });
  });

  it("are those of the definition, for any stamps, whatever came before", () => {
    const contents = new ContentStamps();
    const gap = fc.oneof(fc.constant(0n), fc.bigInt(0n, 10n * MS), fc.bigInt(0n, 1n << 40n));
    fc.assert(
      fc.property(
        fc.oneof(fc.bigInt(0n, 1n << 50n), fc.constantFrom((1n << 32n) - 1n, (1n << 33n) - MS)),
        fc.array(gap, { minLength: 1, maxLength: 700 }),
        (start, gaps) => {
          let at = start;
          const stamps = [at, ...gaps.map((one) => (at += one))];
          const numbers = gaps.map(Number);
          const total = numbers.reduce((sum, one) => sum + one);
          const { itl_seconds, itl_p99_seconds, spanSeconds } = gapsOf(stamps, contents);
          expect(spanSeconds).toBe(Number(stamps.at(-1)! - stamps[0]!) / 1e9);
          expect(itl_seconds).toBeCloseTo(total / gaps.length / 1e9, 9);
          expect(itl_p99_seconds).toBe(quantile(numbers, 0.99) / 1e9);
          expect(itl_p99_seconds!).toBeGreaterThanOrEqual(Math.min(...numbers) / 1e9);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("the time per output token", () => {
  const thinking = { hasReasoning: true, hasBeside: false };
  const silent = { hasReasoning: false, hasBeside: false };

  it("is first to last content over the tokens less one", () => {
    expect(tpotSeconds(0.3, 4)).toBeCloseTo(0.1, 12);
    expect(tpotSeconds(0, 2)).toBe(0);
  });

  it("is not known of fewer than two tokens, without usage, or of fewer than two events", () => {
    expect([tpotSeconds(0.3, 1), tpotSeconds(0.3, 0), tpotSeconds(0.3, null), tpotSeconds(null, 9)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it("counts content's tokens: reasoning's are taken off where usage has them among the others", () => {
    const told = (reasoning_tokens: number, more = {}) => ({
      completion_tokens_details: { reasoning_tokens },
      ...more,
    });
    // OpenAI: "completion_tokens" holds the reasoning.
    expect(contentTokens(300, told(280), thinking)).toBe(20);
    expect(contentTokens(300, told(280, { prompt_tokens: 10, total_tokens: 310 }), silent)).toBe(20);
    // xAI: the total is prompt, completion and reasoning.
    expect(contentTokens(20, told(280, { prompt_tokens: 10, total_tokens: 310 }), thinking)).toBe(20);
    expect(contentTokens(20, { output_tokens_details: { reasoning_tokens: 5 } }, thinking)).toBe(15);
    expect(contentTokens(20, told(25), thinking)).toBe(0);
  });

  it("is not known where reasoning came that usage does not count", () => {
    expect(contentTokens(300, null, thinking)).toBeNull();
    expect(contentTokens(300, { completion_tokens: 300 }, thinking)).toBeNull();
    expect(contentTokens(300, { completion_tokens_details: { reasoning_tokens: 0 } }, thinking)).toBeNull();
    expect(contentTokens(300, { completion_tokens_details: { reasoning_tokens: 0 } }, silent)).toBe(300);
    expect(contentTokens(null, null, silent)).toBeNull();
  });

  it("is not known where usage counts other tokens too, whatever it says of reasoning", () => {
    const counted = { completion_tokens_details: { reasoning_tokens: 280 } };
    expect(contentTokens(300, null, { hasReasoning: false, hasBeside: true })).toBeNull();
    expect(contentTokens(300, counted, { hasReasoning: true, hasBeside: true })).toBeNull();
  });
});

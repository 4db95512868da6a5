import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logprobsOf } from "../../../src/engine/http/logprobs.js";

describe("log-probabilities", () => {
  it("are the logarithms of softmax, with ranks and the likeliest in their order", () => {
    const { logprob, rank, top } = logprobsOf(Float32Array.from([1, 4, 2, 3], Math.log), 2, 3);
    expect(logprob).toBeCloseTo(Math.log(0.2), 6);
    expect(rank).toBe(3);
    expect(top.map(({ id }) => id)).toEqual([1, 3, 2]);
    expect(top.map((one) => Math.exp(one.logprob))).toEqual([
      expect.closeTo(0.4, 6),
      expect.closeTo(0.3, 6),
      expect.closeTo(0.2, 6),
    ]);
  });

  it("hold for logits of any size and with many alike", () => {
    const logits = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-1e4, 1e4)), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(logits, fc.nat(), fc.integer({ min: 0, max: 20 }), (values, which, count) => {
        const given = Float32Array.from(values);
        const id = which % given.length;
        const { logprob, rank, top } = logprobsOf(given, id, count);
        const sorted = [...given.keys()].sort((a, b) => given[b]! - given[a]! || a - b);
        expect(top.map((one) => one.id)).toEqual(sorted.slice(0, count));
        expect(rank).toBe(1 + values.filter((value) => value > given[id]!).length);
        expect(logprob).toBeLessThanOrEqual(1e-9);
        const all = sorted.reduce((sum, one) => sum + Math.exp(logprobsOf(given, one, 0).logprob), 0);
        expect(all).toBeCloseTo(1, 9);
      }),
    );
  });
});

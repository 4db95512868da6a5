import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TokenDistribution } from "../../src/domain/token-distribution.js";
import { divergence, meanLoss } from "../../src/metrics/divergence.js";

/** A distribution by the probabilities of its tokens. */
const of = (probabilities: Readonly<Record<string, number>>): TokenDistribution => ({
  own: null,
  logprobs: new Map(Object.entries(probabilities).map(([key, p]) => [key, Math.log(p)])),
});

describe("divergence", () => {
  it("is the KL of a place whose tokens are all told", () => {
    const { klNats, top1Agreement, massCovered } = divergence(
      [of({ a: 0.6, b: 0.4 })],
      [of({ a: 0.25, b: 0.75 })],
    );
    expect(klNats).toBeCloseTo(0.6 * Math.log(0.6 / 0.25) + 0.4 * Math.log(0.4 / 0.75), 12);
    expect([top1Agreement, massCovered]).toEqual([0, 1]);
    const coin = divergence([of({ a: 0.5, b: 0.5 })], [of({ a: 0.25, b: 0.75 })]);
    expect(coin.klNats).toBeCloseTo(0.14384103622589045, 12);
  });

  it("is the mean of the places", () => {
    const same = of({ a: 0.9, b: 0.1 });
    const other = of({ a: 0.2, b: 0.8 });
    const one = divergence([same], [other]).klNats;
    expect(divergence([same, same], [same, other])).toEqual({
      klNats: one / 2,
      top1Agreement: 0.5,
      massCovered: 1,
    });
  });

  it("is exactly 0 of what is equal, told whole or in part", () => {
    for (const one of [of({ a: 0.7, b: 0.3 }), of({ a: 0.7, b: 0.1 }), of({ a: 1 }), of({ a: 1 - 1e-9 })]) {
      expect(divergence([one], [one])).toMatchObject({ klNats: 0, top1Agreement: 1 });
    }
  });

  it("puts what only one of them tells into the rest", () => {
    // Both tell a; the rest of P is .5, of Q .75.
    const { klNats, massCovered } = divergence([of({ a: 0.5, b: 0.4 })], [of({ a: 0.25, c: 0.7 })]);
    expect(klNats).toBeCloseTo(0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75), 12);
    expect(massCovered).toBeCloseTo(0.5, 12);
  });

  it("is finite where the other tells nothing of the rest", () => {
    const { klNats } = divergence([of({ a: 0.9, b: 0.1 })], [of({ a: 1 })]);
    expect(klNats).toBeGreaterThan(0.5);
    expect(klNats).toBeLessThan(2);
  });

  it("agrees where the likeliest token of one is among the likeliest of the other", () => {
    const tied = of({ a: 0.4, b: 0.4, c: 0.2 });
    expect(divergence([tied], [of({ a: 0.1, b: 0.7, c: 0.2 })]).top1Agreement).toBe(1);
    expect(divergence([tied], [of({ a: 0.1, b: 0.2, c: 0.7 })]).top1Agreement).toBe(0);
  });

  const distributions = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 })), {
      minLength: 2,
      maxLength: 30,
    })
    .map((weights) => {
      const side = (place: 0 | 1) => {
        const total = weights.reduce((sum, one) => sum + one[place], 0);
        return weights.map((one, id) => [String(id), Math.log(one[place] / total)] as const);
      };
      return { p: side(0), q: side(1) };
    });
  const top = (all: readonly (readonly [string, number])[], count: number): TokenDistribution => ({
    own: null,
    logprobs: new Map([...all].sort((a, b) => b[1] - a[1]).slice(0, count)),
  });

  it("is never below 0, is 0 of equals alone, and truncated no larger than whole", () => {
    fc.assert(
      fc.property(distributions, fc.nat(29), ({ p, q }, kept) => {
        const whole = divergence([top(p, p.length)], [top(q, q.length)]).klNats;
        const cut = divergence([top(p, kept)], [top(q, kept)]).klNats;
        expect(whole).toBeGreaterThanOrEqual(0);
        expect(cut).toBeGreaterThanOrEqual(0);
        expect(cut).toBeLessThanOrEqual(whole + 1e-4);
        // Pinsker: no smaller than half the squared distance.
        const distance = p.reduce(
          (sum, [, logP], i) => sum + Math.abs(Math.exp(logP) - Math.exp(q[i]![1])),
          0,
        );
        expect(whole).toBeGreaterThanOrEqual(distance ** 2 / 2 - 1e-9);
      }),
    );
  });
});

describe("the mean loss", () => {
  it("is that of the tokens that stand there, in nats", () => {
    const own = (p: number): TokenDistribution => ({ own: Math.log(p), logprobs: new Map() });
    expect(meanLoss([own(0.5), own(0.125)])).toBeCloseTo(2 * Math.LN2, 12);
  });

  it("is not known where one of them is not told, nor of none", () => {
    expect(meanLoss([of({ a: 1 })])).toBeNull();
    expect(meanLoss([])).toBeNull();
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { highest, type Sampling, sampler } from "../../../src/engine/methods/sampling.js";

const ALL: Sampling = { temperature: 1, topP: 1, topK: null, seed: 7 };
const logits = Float32Array.from([0.1, 0.5, 0.2, 0.15, 0.05], Math.log);

const shares = (sampling: Sampling, draws: number): number[] => {
  const draw = sampler(sampling);
  const counts = [...logits].map(() => 0);
  for (let i = 0; i < draws; i++) counts[draw(logits)]! += 1;
  return counts.map((count) => count / draws);
};

describe("sampling", () => {
  it("draws by the probabilities", () => {
    // Four standard errors of a share of one half in 20,000 draws.
    shares(ALL, 20_000).forEach((share, id) => {
      expect(Math.abs(share - Math.exp(logits[id]!))).toBeLessThan(0.0142);
    });
  });

  it("draws by their squares at half the temperature", () => {
    const squares = [...logits].map((logit) => Math.exp(2 * logit));
    const sum = squares.reduce((a, b) => a + b);
    shares({ ...ALL, temperature: 0.5 }, 20_000).forEach((share, id) => {
      expect(Math.abs(share - squares[id]! / sum)).toBeLessThan(0.0142);
    });
  });

  it.each<[string, Partial<Sampling>, readonly number[]]>([
    ["top_k 2", { topK: 2 }, [1, 2]],
    ["top_p .6, which two reach", { topP: 0.6 }, [1, 2]],
    ["top_p .4, which one reaches", { topP: 0.4 }, [1]],
    ["top_k 3 and top_p .7 of what those have", { topK: 3, topP: 0.7 }, [1, 2]],
    ["top_k above the vocabulary", { topK: 99 }, [0, 1, 2, 3, 4]],
  ])("keeps only the likeliest by %s", (_, kept, ids) => {
    const drawn = shares({ ...ALL, ...kept }, 3_000);
    expect(drawn.flatMap((share, id) => (share > 0 ? [id] : []))).toEqual(ids);
  });

  it("draws the same for the same seed, and never what can't be", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.float({ min: -50, max: 50, noNaN: true }), fc.constant(Number.NEGATIVE_INFINITY)),
          {
            minLength: 1,
            maxLength: 30,
          },
        ),
        fc.record({
          temperature: fc.double({ min: 0.01, max: 5, noNaN: true }),
          topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
          topK: fc.option(fc.integer({ min: 1, max: 10 })),
          seed: fc.nat(),
        }),
        (values, sampling) => {
          const some = Float32Array.from([0, ...values]);
          const [one, other] = [sampler(sampling), sampler(sampling)];
          for (let i = 0; i < 5; i++) {
            const id = one(some);
            expect(other(some)).toBe(id);
            expect(some[id]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
          }
        },
      ),
    );
  });

  it("is greedy by the first of equals", () => {
    expect(highest(Float32Array.of(1, 3, 3, 2))).toBe(1);
  });
});

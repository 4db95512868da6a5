import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { type RougeType, rouge, rougeTokens } from "../../src/metrics/rouge.js";
import { rougeLPltrdy } from "../../src/metrics/rouge-l-pltrdy.js";

const PLTRDY = "rouge-l pltrdy (LongBench)";

interface Golden {
  readonly type: RougeType | typeof PLTRDY;
  readonly stem: boolean;
  readonly target: string;
  readonly prediction: string;
  readonly precision?: number;
  readonly recall?: number;
  readonly fmeasure: number;
}

const golden: readonly Golden[] = JSON.parse(
  readFileSync(new URL("../fixtures/metrics/rouge.json", import.meta.url), "utf8"),
).cases;

const NONE = { precision: 0, recall: 0, fmeasure: 0 };

describe("the scores of the reference packages", () => {
  it.each(golden)("$type, stemmer $stem: $prediction", (one) => {
    const score =
      one.type === PLTRDY
        ? rougeLPltrdy(one.prediction, one.target)
        : rouge(one.prediction, one.target, { type: one.type, stemmer: one.stem });
    expect(score.fmeasure).toBeCloseTo(one.fmeasure, 9);
    if (one.precision !== undefined) expect(score.precision).toBeCloseTo(one.precision, 9);
    if (one.recall !== undefined) expect(score.recall).toBeCloseTo(one.recall, 9);
  });
});

describe("rouge", () => {
  const types: readonly RougeType[] = ["rouge1", "rouge2", "rougeL", "rougeLsum"];

  it.each(types)("%s of texts without a token is 0", (type) => {
    for (const [prediction, reference] of [
      ["", ""],
      ["", "a b"],
      ["a b", ""],
      ["你好", "你好"],
      ["\n", "!"],
    ] as const)
      expect(rouge(prediction, reference, { type, stemmer: true })).toEqual(NONE);
  });

  it("counts a word pair as often as both texts have it", () => {
    const score = rouge("a b a b a b", "a b c a b", { type: "rouge2", stemmer: false });
    expect(score).toEqual({ precision: 2 / 5, recall: 2 / 4, fmeasure: (2 * 0.4 * 0.5) / 0.9 });
  });

  it("takes the score of the highest F among several references", () => {
    const options = { type: "rougeL", stemmer: false } as const;
    expect(rouge("the cat sat", ["a dog", "the cat lay down", "the"], options)).toEqual(
      rouge("the cat sat", "the cat lay down", options),
    );
  });

  it("is 1 for a text against itself, and exchanges precision and recall when the texts are exchanged", () => {
    const text = fc.string({ unit: fc.constantFrom("cat ", "cats ", "sat ", "\n", "down, "), maxLength: 80 });
    const type = fc.constantFrom(...types.slice(0, 3));
    fc.assert(
      fc.property(text, text, type, fc.boolean(), (a, b, type, stemmer) => {
        const score = rouge(a, b, { type, stemmer });
        const exchanged = rouge(b, a, { type, stemmer });
        expect([exchanged.recall, exchanged.precision]).toEqual([score.precision, score.recall]);
        if (rougeTokens(a, stemmer).length > 1) expect(rouge(a, a, { type, stemmer }).fmeasure).toBe(1);
      }),
    );
  });

  it("stems no word unless told to, as rouge-score", () => {
    expect(rouge("cats", "cat", { type: "rougeL" })).toEqual(NONE);
    expect(rouge("cats", "cat", { type: "rougeL", stemmer: true }).fmeasure).toBe(1);
  });

  it("names the types it knows when asked for another", () => {
    // @ts-expect-error: a notebook in JavaScript may ask for anything
    const unknown = () => rouge("a", "a", { type: "rouge-l", stemmer: true });
    expect(unknown).toThrow('type must be one of rouge1, rouge2, rougeL, rougeLsum; received "rouge-l".');
  });

  it("refuses to score against nothing", () => {
    expect(() => rouge("a", [], { type: "rougeL", stemmer: true })).toThrow(OptionError);
  });
});

describe("rougeLPltrdy", () => {
  // Each value is what Rouge().get_scores of the Python package rouge 1.0.1 returns.
  it.each([
    ["The cat. The cat sat.", "The cat sat.", 0.9999999950000001],
    ["the cat sat. ", "The cat sat.", 0.5714285665306124],
    ["a b c d", "d c b a", 0.249999995],
  ])("of %j against %j is %d", (prediction, reference, fmeasure) => {
    expect(rougeLPltrdy(prediction, reference).fmeasure).toBeCloseTo(fmeasure, 12);
  });

  it("scores 0 where the package raises and LongBench takes 0", () => {
    expect([rougeLPltrdy("", "a"), rougeLPltrdy("...", "a"), rougeLPltrdy("a", "")]).toEqual([
      NONE,
      NONE,
      NONE,
    ]);
  });
});

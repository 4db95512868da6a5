import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { exactMatch, hotpotF1, setF1, stringMatch, tokenF1 } from "../../src/metrics/answer-scores.js";
import { normalizeAnswer, type References } from "../../src/metrics/answers.js";
import { cacheblendF1 } from "../../src/metrics/cacheblend-f1.js";

interface Golden {
  readonly prediction: string;
  readonly gold: string;
  readonly seed_set: number;
  readonly squad_v1_longbench: number;
  readonly hotpot_2wiki: number;
  readonly cacheblend: number;
}

const golden = (file: string): readonly Golden[] =>
  JSON.parse(readFileSync(new URL(`../fixtures/metrics/${file}`, import.meta.url), "utf8")).pairs;

/** The tokenizer of the golden values: one token a character, after one that every text begins with. */
const BOS = 1;
const encode = (text: string) => [BOS, ...Array.from(text, (character) => character.codePointAt(0)!)];
const charF1 = (prediction: string, references: References) => cacheblendF1(prediction, references, encode);

const dialects = { setF1, tokenF1, hotpotF1, charF1 };

describe.each(golden("f1.json"))('"$prediction" against "$gold"', (pair) => {
  it("has the value each dialect's own script gives", () => {
    expect(setF1(pair.prediction, pair.gold)).toBeCloseTo(pair.seed_set, 9);
    expect(tokenF1(pair.prediction, pair.gold)).toBeCloseTo(pair.squad_v1_longbench, 9);
    expect(hotpotF1(pair.prediction, pair.gold)).toBeCloseTo(pair.hotpot_2wiki, 9);
  });
});

describe("cacheblendF1", () => {
  it.each(golden("cacheblend-f1.json"))('of "$prediction" against "$gold" is $cacheblend', (pair) => {
    expect(charF1(pair.prediction, pair.gold)).toBeCloseTo(pair.cacheblend, 9);
  });

  it("reads every answer that begins with No as no, as the research code does", () => {
    const ids = new Map<string, number>();
    const wordIds = (text: string) =>
      text.split(" ").map((word) => ids.set(word, ids.get(word) ?? ids.size).get(word)!);
    expect(cacheblendF1("Norway", "Norway", wordIds)).toBe(0);
    expect(tokenF1("Norway", "Norway")).toBe(1);
  });

  it("drops a first token only when the encoder adds one", () => {
    const bare = (text: string) => encode(text).slice(1);
    expect(cacheblendF1("ab", "ac", bare)).toBe(0.5);
    expect(cacheblendF1("ab", "ac", encode)).toBe(0.5);
  });

  it("scores a blank prediction as an empty one, where the research code raises IndexError", () => {
    expect(charF1(" \n", "Croatia")).toBe(0);
    expect(charF1("", "the")).toBe(1);
  });
});

describe("hotpotF1", () => {
  it("gives a closed answer all or nothing", () => {
    expect(hotpotF1("No.", "no")).toBe(1);
    expect(hotpotF1("noanswer", "no answer")).toBe(0);
    expect(hotpotF1("no", "no one")).toBe(0);
  });
});

describe("stringMatch", () => {
  it("finds an answer within a sentence, whatever its case", () => {
    expect(stringMatch("The access code of the archive is 9086069.", "9086069")).toBe(1);
    expect(stringMatch("in PARIS, of course", ["Rome", "Paris"])).toBe(1);
    expect(stringMatch("908606", "9086069")).toBe(0);
  });

  it("finds no empty answer in a text", () => {
    expect(stringMatch("anything", "")).toBe(0);
    expect(stringMatch("", "9086069")).toBe(0);
  });
});

describe("exactMatch", () => {
  it("compares normalised answers", () => {
    expect(exactMatch("the Battle of the Somme!", ["Verdun", "Battle of Somme"])).toBe(1);
    expect(exactMatch("Somme", "Battle of Somme")).toBe(0);
  });
});

describe.each(Object.entries(dialects))("%s", (_, f1) => {
  it("is the best over the references", () => {
    expect(f1("Exeter College", ["Oxford", "Exeter College", "College"])).toBe(1);
  });

  it("is from 0 to 1, and the same either way round", () => {
    const text = fc.string({ unit: fc.constantFrom(..."aAbcx .,'é") });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const score = f1(a, b);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(f1(b, a)).toBeCloseTo(score, 12);
      }),
    );
  });

  it("refuses to score against nothing", () => {
    expect(() => f1("Exeter College", [])).toThrow(OptionError);
  });
});

describe("normalizeAnswer", () => {
  // Each value is what normalize_answer of SQuAD's evaluate-v1.1.py returns under Python 3.11.
  it.each([
    ["The  Battle\tof the Somme.", "battle of somme"],
    ["The-End, a theory", "theend theory"],
    ["an «an» été—a", "« » été—"],
    ["éa anß a\u0301b ²a _a", "éa anß \u0301b ²a"],
    ["a\u00a0the\u2003x\u001cy\ufeffz", "x y\ufeffz"],
    ["$5,000 (50%)", "5000 50"],
    ["", ""],
  ])("of %j is %j", (answer, expected) => {
    expect(normalizeAnswer(answer)).toBe(expected);
  });
});

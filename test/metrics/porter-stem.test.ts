import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { porterStem } from "../../src/metrics/porter-stem.js";

const golden: { readonly source: string; readonly pairs: readonly (readonly [string, string])[] } =
  JSON.parse(readFileSync(new URL("../fixtures/metrics/porter.json", import.meta.url), "utf8"));

describe("porterStem", () => {
  it(`equals ${golden.source}`, () => {
    expect(golden.pairs.map(([word]) => [word, porterStem(word)])).toEqual(golden.pairs);
  });

  it.each([
    // Where NLTK departs from Porter's page of 1980, which gives di, di, ski, enjoi, spy and geologi.
    ["dies", "die"],
    ["died", "die"],
    ["skies", "sky"],
    ["enjoy", "enjoy"],
    ["spy", "spi"],
    ["geology", "geolog"],
    // Irregular; by the rules they would lose their ends.
    ["proceed", "proceed"],
    ["exceed", "exceed"],
  ])("of %s is %s", (word, stem) => {
    expect(porterStem(word)).toBe(stem);
  });

  it("leaves words of one and two characters alone, and is deaf to case", () => {
    expect(["as", "Is", "𝒜s", ""].map(porterStem)).toEqual(["as", "is", "𝒜s", ""]);
    expect(porterStem("Relational")).toBe("relat");
  });
});

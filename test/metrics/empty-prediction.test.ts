import { describe, expect, it } from "vitest";
import { SCORERS, TOKEN_SCORERS } from "../../src/metrics/scorers.js";

const ids = (text: string): readonly number[] => [...text].map((character) => character.charCodeAt(0));

describe("the score of an empty prediction", () => {
  // LongBench's qa_f1_score and SQuAD's f1 give 0 for it, as do rouge-score and pltrdy's rouge.
  it.each(Object.entries(SCORERS))("is 0 by %s, not something that is no number", (_name, score) => {
    for (const prediction of ["", " ", "\n", "."]) {
      expect(score(prediction, ["Ann Lee", "the town"])).toBe(0);
    }
  });

  it.each(Object.entries(TOKEN_SCORERS))("is 0 by %s", (_name, { score }) => {
    expect(score("", ["Ann Lee"], ids)).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { tooShortFor } from "../../src/experiments/too-short.js";

describe("what is said of lengths at which no hit can show", () => {
  const all = (tokens: number) => tokens;

  it("names the blocks of the cache where they are known, and no blocks where they are not", () => {
    expect(tooShortFor([64, 512], 128, all)).toEqual([
      "The prefix cache works in blocks of 128 tokens, and the 64 served before fill too few: a hit can't be proven at 64.",
    ]);
    expect(tooShortFor([64, 512], null, () => 0)).toEqual([
      "0, 0 tokens served before are too few to show in a cache: a hit can't be proven at 64, 512.",
    ]);
    expect(tooShortFor([64, 512], 16, all)).toEqual([]);
  });
});

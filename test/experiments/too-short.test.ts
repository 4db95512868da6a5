import { describe, expect, it } from "vitest";
import { tooShortFor } from "../../src/experiments/too-short.js";

describe("what is said of lengths at which no hit can show", () => {
  const served = (tokens: number, servedTokens = tokens, sharedTokens = 0) => ({
    tokens,
    servedTokens,
    sharedTokens,
  });

  it("names the blocks of the cache where they are known, and no blocks where they are not", () => {
    expect(tooShortFor([served(64), served(512)], 128)).toEqual([
      "The prefix cache works in blocks of 128 tokens, and the 64 served before fill too few: a hit can't be proven at 64.",
    ]);
    expect(tooShortFor([served(64, 0), served(512, 0)], null)).toEqual([
      "0 tokens served before are too few to show in a cache: a hit can't be proven at 64, 512.",
    ]);
    expect(tooShortFor([served(64), served(512)], 16)).toEqual([]);
  });

  it("counts all that is served before, and not what all prompts begin with", () => {
    expect(tooShortFor([served(512, 134, 12)], 128)).toEqual([]);
    expect(tooShortFor([served(512, 134, 126)], 128)).toHaveLength(1);
  });
});

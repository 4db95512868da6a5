import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Arranged,
  cacheEvidence,
  fillsBlocks,
  type StoredChunks,
} from "../../src/client/cache-evidence.js";

const judge = (arranged: Arranged, cachedTokens: number | null, promptTokens: number | null = 105) =>
  cacheEvidence({ arranged, cachedTokens, promptTokens, source: "timings.cache_n" });
const each = (arranged: Arranged, reports: readonly (number | null)[], promptTokens?: number | null) =>
  reports.map((cached) => judge(arranged, cached, promptTokens).evidence);

describe("cold", () => {
  const cold = { state: "cold", sharedTokens: 5 } as const;

  it("no more came from a cache than what all prompts begin with", () => {
    expect(each(cold, [0, 5, 6, 100])).toEqual(["proven", "proven", "contradicted", "contradicted"]);
    expect(each(cold, [0, 6], null)).toEqual(["proven", "contradicted"]);
    expect(judge(cold, 40).evidence_reason).toBe(
      "40 tokens came from a cache, 5 of them from the beginning that all prompts share",
    );
  });
});

describe("a prefix", () => {
  const served = { state: "prefix", servedTokens: 105, sharedTokens: 5, blockTokens: null } as const;

  it("at least half of what was served, beyond what all prompts begin with", () => {
    expect(each(served, [0, 5, 54, 55, 104])).toEqual([
      "contradicted",
      "contradicted",
      "contradicted",
      "proven",
      "proven",
    ]);
  });

  // llama.cpp kept the instruction of another prompt, and one token more by chance.
  it("13 tokens of a prompt whose instruction alone is 12 show no hit", () => {
    const chunk = { ...served, servedTokens: 60, sharedTokens: 12 };
    expect(each(chunk, [12, 13, 36], 200)).toEqual(["contradicted", "contradicted", "proven"]);
    expect(judge(chunk, 13, 200).evidence_reason).toContain(
      "12 of them from the beginning that all prompts share",
    );
  });

  it("no more than was served: the rest is another request's", () => {
    expect(each({ ...served, slackTokens: 2 }, [105, 107, 108], 400)).toEqual([
      "proven",
      "proven",
      "contradicted",
    ]);
  });

  it("below one block nothing can be found, which contradicts nothing", () => {
    const short = { ...served, servedTokens: 100, sharedTokens: 0 };
    expect(each({ ...short, blockTokens: 128 }, [0], 400)).toEqual(["unproven"]);
    expect(judge({ ...short, blockTokens: 128 }, 0, 400).evidence_reason).toBe(
      "the cache works in blocks of 128 tokens, and the 100 served before do not fill enough of them",
    );
    expect(each({ ...short, blockTokens: 16 }, [0, 96], 400)).toEqual(["contradicted", "proven"]);
    expect(each({ ...short, servedTokens: 300, blockTokens: 128 }, [0, 128, 256], 400)).toEqual([
      "contradicted",
      "contradicted",
      "proven",
    ]);
  });

  it("one token more than was served is another request's, where no slack is given", () => {
    expect(each(served, [105, 106], 400)).toEqual(["proven", "contradicted"]);
  });

  // Of 100 tokens the last is computed: a block of 33 fills 99 of them, one of 50 fills 50, and half of 100 is a hit.
  it("is filled by whole blocks that reach a hit without the last token", () => {
    const fills = (blockTokens: number | null, servedTokens = 100, sharedTokens = 0) =>
      fillsBlocks(servedTokens, sharedTokens, blockTokens);
    expect([null, 1, 33, 50, 51, 99, 100].map((block) => fills(block))).toEqual([
      ...[true, true, true, true],
      ...[true, true, false],
    ]);
    expect(judge({ ...served, servedTokens: 1, sharedTokens: 0 }, 0, 400).evidence_reason).toContain(
      "the cache works in blocks of 1 tokens",
    );
    // A single token is always computed; of two, the first may be found.
    expect([fills(null, 1), fills(null, 2), fills(2, 2)]).toEqual([false, true, false]);
    expect([fills(60, 100, 20), fills(60, 100, 21)]).toEqual([true, false]);
  });

  it("of unknown length, or of nothing of its own, shows nothing, and says why", () => {
    expect(judge({ ...served, servedTokens: null }, 50, null)).toMatchObject({
      evidence: "unproven",
      evidence_reason: "the server does not say how long the prompt was",
    });
    expect(judge({ ...served, servedTokens: 5 }, 5, 5)).toMatchObject({
      evidence: "unproven",
      evidence_reason: "nothing was served beyond the beginning that all prompts share",
    });
  });

  it("that was missed says what came, and the shared beginning only where both are there", () => {
    const reason = (cached: number, sharedTokens: number) =>
      judge({ ...served, sharedTokens }, cached, 400).evidence_reason;
    const shared = (tokens: number) => reason(tokens, tokens)!.slice(reason(tokens, 0)!.length);
    expect(reason(1, 0)).toBe("1 of the 105 tokens served before came from a cache");
    expect(reason(0, 1)).toBe("0 of the 105 tokens served before came from a cache");
    expect(reason(1, 1)).toMatch(/^1 of the 105 tokens served before came from a cache.*\b1 of them/);
    expect([shared(0), shared(1)]).toEqual(["", expect.stringContaining("1 of them")]);
  });
});

/** Of 400 tokens the first 120, prefix and first chunk, were served in one piece, the other three chunks alone. */
const CHUNKS: StoredChunks = {
  state: "chunks",
  storedTokens: 360,
  prefixTokens: 120,
  foundTokens: 0,
  recomputeTokens: { least: 54, most: 54 },
  recomputedTokens: null,
  tellsRecomputed: false,
};

describe("chunks", () => {
  it("more than their longest common beginning explains, and no more than was stored", () => {
    expect(each(CHUNKS, [0, 120, 239, 240, 360, 362, 363, 399], 400)).toEqual([
      "contradicted",
      "contradicted",
      "contradicted",
      "proven",
      "proven",
      "proven",
      "contradicted",
      "contradicted",
    ]);
  });

  // The first piece was 368 of 413 tokens, as in short questions of 2WikiMultihopQA: half of the prompt, and no chunk.
  it("a long first piece alone is no reuse", () => {
    const long = { ...CHUNKS, storedTokens: 390, prefixTokens: 372 };
    expect(each(long, [368, 372, 390], 413)).toEqual(["contradicted", "contradicted", "proven"]);
  });

  it("a single chunk at the front can't tell: unproven where it was found, contradicted where not", () => {
    const single = { ...CHUNKS, storedTokens: 360, prefixTokens: 357 };
    expect(each(single, [0, 100, 352, 360], 400)).toEqual([
      "contradicted",
      "contradicted",
      "unproven",
      "unproven",
    ]);
    expect(judge(single, 360, 400).evidence_reason).toContain("which a prefix cache finds too");
  });

  it("eight tokens behind the first piece can tell, seven can't", () => {
    const behind = (tokens: number) => each({ ...CHUNKS, prefixTokens: 360 - tokens }, [360], 400);
    expect([behind(8), behind(7)]).toEqual([["proven"], ["unproven"]]);
  });

  it("half of what was stored suffices where no prefix explains any of it", () => {
    expect(each({ ...CHUNKS, prefixTokens: 0 }, [179, 180], 400)).toEqual(["contradicted", "proven"]);
  });

  it("what the server had before anything was stored could be a whole prompt of an earlier run", () => {
    expect(judge({ ...CHUNKS, foundTokens: 112 }, 352, 400)).toMatchObject({
      evidence: "unproven",
      evidence_reason: "the server had 112 tokens of the prompt's beginning before they were stored",
    });
    expect(each({ ...CHUNKS, foundTokens: null }, [352], 400)).toEqual(["proven"]);
    // Half of the first piece, and two tokens by chance, are its own blocks.
    expect(each({ ...CHUNKS, foundTokens: 62 }, [352], 400)).toEqual(["proven"]);
    expect(each({ ...CHUNKS, foundTokens: 63 }, [352], 400)).toEqual(["unproven"]);
  });

  it("as many are recomputed as were asked for, where the server tells", () => {
    const recomputed = (recomputedTokens: number, most = 54, least = most) =>
      judge({ ...CHUNKS, recomputedTokens, recomputeTokens: { least, most } }, 360, 400).evidence;
    expect([54, 40, 56, 57, 360, 0].map((tokens) => recomputed(tokens))).toEqual([
      "proven",
      "proven",
      "proven",
      "contradicted",
      "contradicted",
      "contradicted",
    ]);
    expect(judge({ ...CHUNKS, tellsRecomputed: true }, 360, 400)).toMatchObject({
      evidence: "unproven",
      evidence_reason: "the server does not say how many tokens it recomputed",
    });
    // So few that a seam explains them.
    expect([recomputed(0, 2), recomputed(0, 3)]).toEqual(["proven", "contradicted"]);
    // Full KV reuse asks for none.
    expect([recomputed(0, 0), recomputed(50, 0)]).toEqual(["proven", "contradicted"]);
  });

  it("a prefix cache never comes out proven, whatever its blocks and whatever it holds", () => {
    fc.assert(
      fc.property(
        fc.record({
          begin: fc.nat(60),
          chunks: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }),
          question: fc.integer({ min: 1, max: 80 }),
          block: fc.constantFrom(1, 16, 32, 64, 128, 256),
          earlier: fc.boolean(),
        }),
        ({ begin, chunks, question, block, earlier }) => {
          const storedTokens = begin + chunks.reduce((sum, length) => sum + length, 0);
          const promptTokens = storedTokens + question;
          const prefixTokens = begin + chunks[0]!;
          const blocks = (tokens: number) => Math.floor(Math.min(tokens, promptTokens - 1) / block) * block;
          const report = {
            // An earlier run has left the whole prompt, which the first of those that store then finds.
            cachedTokens: blocks(earlier ? promptTokens : prefixTokens),
            promptTokens,
            arranged: {
              ...CHUNKS,
              ...{ storedTokens, prefixTokens },
              foundTokens: earlier ? Math.floor((prefixTokens - 1) / block) * block : 0,
            },
          };
          const seesEarlier = !earlier || report.arranged.foundTokens > 2 + prefixTokens / 2;
          fc.pre(seesEarlier);
          expect(cacheEvidence(report).evidence).not.toBe("proven");
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("a report", () => {
  it("that is not there proves nothing", () => {
    for (const arranged of [{ state: "cold", sharedTokens: 5 } as const, CHUNKS]) {
      expect(judge(arranged, null)).toEqual({
        evidence: "unproven",
        evidence_source: null,
        evidence_reason: "the server reports no cached tokens",
      });
    }
  });

  it("that can't be true proves nothing", () => {
    const cold = { state: "cold", sharedTokens: 5 } as const;
    const warm = { state: "prefix", servedTokens: 105, sharedTokens: 5, blockTokens: null } as const;
    for (const odd of [106, -1, 1e308, Number.NaN, Number.POSITIVE_INFINITY, 7.5]) {
      for (const arranged of [cold, warm, CHUNKS]) expect(judge(arranged, odd).evidence).toBe("unproven");
    }
    expect(judge(cold, 106, 105).evidence_reason).toBe(
      "the server reports 106 cached tokens of a prompt of 105, which is impossible",
    );
    expect(judge(cold, -1, null).evidence_reason).toBe(
      "the server reports -1 cached tokens, which is impossible",
    );
    // All of a prompt may have come from a cache.
    expect(judge({ ...cold, sharedTokens: 105 }, 105, 105).evidence).toBe("proven");
  });

  it("names what it was read from", () => {
    const report = {
      arranged: { state: "cold", sharedTokens: 0 },
      cachedTokens: 0,
      promptTokens: 9,
    } as const;
    expect(cacheEvidence({ ...report, source: "timings.cache_n" }).evidence_source).toBe("timings.cache_n");
    expect(cacheEvidence(report).evidence_source).toBe("cached_tokens");
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as engine from "../../src/api/engine.js";
import * as methods from "../../src/api/methods.js";
import { connect } from "../../src/client/connect.js";
import { multihopExamples } from "../../src/datasets/made/multihop.js";
import { measureQuality } from "../../src/experiments/methods/quality.js";
import type { ChunkStore } from "../../src/methods/chunks/chunk-store.js";
import { engineChunks } from "../../src/methods/chunks/engine-chunks.js";
import type { Estimate } from "../../src/stats/interval.js";
import { nonInferiority } from "../../src/stats/non-inferiority.js";
import { pairedDifference } from "../../src/stats/paired-difference.js";
import { matchPairs } from "../../src/stats/pairs.js";
import { recovery } from "../../src/stats/recovery.js";

/** Used for nothing else; every question has a context of its own, so that they are independent of each other. */
const SEED = 60_413;
const QUESTIONS = 300;

/** 300 contexts of 2,035 tokens by four methods. */
const TIMEOUT_MS = 1_800_000;

/** Recomputes as much as CacheBlend does, chosen without looking. */
const atRandom: ChunkStore = {
  ...engineChunks,
  request(...asked) {
    const { prompt, body } = engineChunks.request(...asked);
    return { prompt, body: { cache: { ...(body!.cache as object), selector: "random" } } };
  },
};

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const directory = mkdtempSync(join(tmpdir(), "tiny-models-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Scores by example of every method, and what the statistics say of CacheBlend at 15 %. */
async function measure(model: string, documents: number, fillers: number) {
  const serving = await engine.serve({ model });
  const server = await connect(serving.url);
  const rows = await measureQuality({
    dataset: multihopExamples({ count: QUESTIONS, seed: SEED, documents, fillers }),
    methods: {
      full: methods.fullPrefill(server),
      reuse: methods.fullKvReuse(server),
      blend: methods.cacheBlend(server, { recomputeRatio: 0.15 }),
      random: methods.cacheBlend(server, { recomputeRatio: 0.15, chunks: atRandom }),
    },
    metric: "exact_match",
    concurrency: 4,
    maxTokens: 4,
    log: join(directory, `${model}-${documents}.jsonl`),
  }).finally(async () => {
    server.close();
    await serving.close();
  });
  expect(rows.every(({ outcome, evidence }) => outcome === "ok" && evidence === "proven")).toBe(true);
  const scores = (label: string) =>
    new Map(rows.filter((row) => row.label === label).map((row) => [row.example_id, row.score!]));
  const mean = (of: ReadonlyMap<string, number>) => average([...of.values()]);
  const [full, reuse, blend] = [scores("full"), scores("reuse"), scores("blend")];
  const { pairs } = matchPairs(blend, full);
  const measured = {
    prompt_tokens: Math.round(average(rows.map(({ context_tokens }) => context_tokens!))),
    questions: pairs.length,
    ...{ full: mean(full), reuse: mean(reuse), blend: mean(blend), random: mean(scores("random")) },
    difference: pairedDifference(pairs).mean,
    test: nonInferiority(pairs),
    recovery: recovery(
      [...full].map(([id, score]) => ({ full: score, reuse: reuse.get(id)!, blend: blend.get(id)! })),
    ),
  };
  console.log(model, measured);
  return measured;
}

describe.each([
  { documents: 4, fillers: 1 },
  { documents: 15, fillers: 6 },
])("on questions over $documents documents", ({ documents, fillers }) => {
  describe("tiny", () => {
    let measured: Awaited<ReturnType<typeof measure>>;
    beforeAll(async () => {
      measured = await measure("tiny", documents, fillers);
    }, TIMEOUT_MS);

    it("needs the other chunk: reuse loses what full prefill knows", () => {
      expect(measured.full).toBeGreaterThanOrEqual(0.98);
      expect(measured.reuse).toBeLessThanOrEqual(0.35);
    });

    it("recovers at 15 %, and not by recomputing just any tokens", () => {
      expect(measured.blend).toBeGreaterThanOrEqual(0.95);
      expect(measured.test.verdict).toBe("non-inferior");
      expect(measured.random).toBeLessThanOrEqual(0.5);
    });
  });

  it(
    "the control fails to recover at 15 %: it is worse than full prefill by more than the margin",
    async () => {
      const { full, difference, test, recovery: share } = await measure("tiny-control", documents, fillers);
      expect(full).toBeGreaterThanOrEqual(0.98);
      expect(test.verdict).toBe("not shown");
      // "Not shown" proves nothing; that even the interval's upper end is worse by more than the margin does.
      expect(highEnd(difference)).toBeLessThan(-test.margin);
      expect(highEnd(share)).toBeLessThan(1);
    },
    TIMEOUT_MS,
  );
});

/** The upper end of an interval; NaN, which fails every comparison, where there is none. */
const highEnd = (of: Estimate): number => ("high" in of ? of.high : Number.NaN);

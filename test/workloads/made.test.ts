import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChunkedPrompt, wholePrompt } from "../../src/domain/records/chunked-prompt.js";
import { workloads } from "../../src/index.js";
import { random } from "../../src/stats/random.js";
import { openaiCounter } from "../../src/tokens/local-tokenizers.js";
import { expectedCached } from "../../src/workloads/expected.js";
import { ANOTHERS } from "../../src/workloads/pieces.js";
import type { Workload, WorkloadRequest } from "../../src/workloads/workload.js";

const tokens = openaiCounter("gpt-4o")!;

const requestsOf = (
  workload: Workload,
  {
    count = 8,
    before = 0,
    seed = "seed",
    label = "a",
  }: { count?: number; before?: number; seed?: string; label?: string } = {},
) => workload.requests(tokens, { texts: random("nonce").fork(label), order: random(seed), count, before });

const whole = ({ prompt }: { readonly prompt: ChunkedPrompt }) => wholePrompt(prompt);
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
const tokensOf = ({ pieceTokens }: WorkloadRequest) =>
  pieceTokens.prefix + sum(pieceTokens.chunks) + pieceTokens.question;

const made: Readonly<Record<string, Workload>> = {
  unique: workloads.unique({ promptTokens: 300 }),
  "shared prefix": workloads.sharedPrefix({ sharedTokens: 200, ownTokens: 100 }),
  "sampled documents": workloads.documentPool({ documents: 12, tokens: 90, perRequest: 3, zipfExponent: 1 }),
  "permuted documents": workloads.documentPool({
    documents: 4,
    tokens: 90,
    order: "permuted",
    sharedTokens: 50,
  }),
};

describe.each(Object.entries(made))("requests of %s", (_name, workload) => {
  it("have pieces whose tokens add up to the whole prompt's", async () => {
    for (const request of await requestsOf(workload)) {
      expect(await tokens.count(whole(request))).toBe(tokensOf(request));
      expect(request.contextTokens).toBe(tokensOf(request) - request.pieceTokens.question);
      expect(request.pieceTokens.chunks).toHaveLength(request.prompt.chunks.length);
    }
  });

  it("are the same for the same seed and nonce, whether asked at once or block by block", async () => {
    const all = await requestsOf(workload, { count: 9 });
    expect(await requestsOf(workload, { count: 9 })).toEqual(all);
    const blocks = [
      ...(await requestsOf(workload, { count: 4 })),
      ...(await requestsOf(workload, { count: 5, before: 4 })),
    ];
    expect(blocks).toEqual(all);
  });

  it("are the same in a process that sends only some, which knows what the others leave in a cache", async () => {
    const isSent = (place: number) => place % 3 === 1;
    const sources = { texts: random("nonce").fork("a"), order: random("seed") };
    const [all, some] = [
      await workload.requests(tokens, { ...sources, count: 9, before: 2 }),
      await workload.requests(tokens, { ...sources, count: 9, before: 2, isSent }),
    ];
    const own = <T>(of: readonly T[]) => of.filter((_, place) => isSent(place));
    expect(own(some)).toEqual(own(all));
    expect(own(expectedCached(some))).toEqual(own(expectedCached(all)));
    expect(some.map(({ prompt }) => prompt.question === ANOTHERS)).toEqual(
      some.map((_, place) => !isSent(place)),
    );
  });

  it("have other texts for another label, and the same choices", async () => {
    const [one, other] = [await requestsOf(workload), await requestsOf(workload, { label: "b" })];
    const texts = (requests: readonly WorkloadRequest[]) =>
      new Set(
        requests.flatMap(({ prompt }) => [prompt.prefix, ...prompt.chunks, prompt.question]).filter(Boolean),
      );
    for (const text of texts(one)) expect(texts(other)).not.toContain(text);
    expect(other.map(({ documents }) => documents)).toEqual(one.map(({ documents }) => documents));
  });
});

describe("unique prompts", () => {
  it("have exactly the tokens asked for, and begin each with a line of its own", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 64, max: 700 }), async (promptTokens) => {
        const requests = await requestsOf(workloads.unique({ promptTokens }), { count: 3 });
        expect(await Promise.all(requests.map((one) => tokens.count(whole(one))))).toEqual(
          Array.from({ length: 3 }, () => promptTokens),
        );
        expect(new Set(requests.map((one) => whole(one).slice(0, 16))).size).toBe(3);
        expect(sum(expectedCached(requests).map(({ prefixTokens }) => prefixTokens))).toBe(0);
      }),
      { numRuns: 20 },
    );
  });
});

describe("a shared prefix", () => {
  it("reaches a hit ratio within 2 points, also in a cache of blocks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 600, max: 4_000 }),
        fc.double({ min: 0.1, max: 0.85, noNaN: true }),
        async (promptTokens, hitRatio) => {
          const requests = await requestsOf(workloads.sharedPrefix({ promptTokens, hitRatio }), { count: 2 });
          const [first, second] = expectedCached(requests);
          expect(first!.prefixTokens).toBe(0);
          expect(await tokens.count(whole(requests[1]!))).toBe(promptTokens);
          expect(Math.abs(second!.prefixTokens / promptTokens - hitRatio)).toBeLessThanOrEqual(0.02);
          const inBlocks = Math.floor(second!.prefixTokens / 16) * 16;
          if (promptTokens >= 1_600)
            expect(Math.abs(inBlocks / promptTokens - hitRatio)).toBeLessThanOrEqual(0.02);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("takes a beginning of whole blocks where one reaches the ratio beside a chat template, the largest blocks first", () => {
    const sharedOf = (promptTokens: number, hitRatio: number) =>
      workloads.sharedPrefix({ promptTokens, hitRatio }).settings.sharedTokens;
    expect(sharedOf(2_000, 0.5)).toBe(1_024);
    expect(sharedOf(2_000, 0.55)).toBe(1_088);
    expect(sharedOf(300, 0.5)).toBe(150);
  });

  it("is refused where it is not told, told twice, or leaves no room", () => {
    expect(() => workloads.sharedPrefix({ hitRatio: 0.5 })).toThrow(
      'options must have sharedTokens and ownTokens, or promptTokens and hitRatio; received "{\\"hitRatio\\":0.5}".',
    );
    expect(() =>
      workloads.sharedPrefix({ sharedTokens: 100, ownTokens: 100, promptTokens: 200, hitRatio: 0.5 }),
    ).toThrow(/must have sharedTokens/);
    expect(() => workloads.sharedPrefix({ promptTokens: 200, hitRatio: 0.99 })).toThrow(
      /hitRatio must leave/,
    );
    expect(() => workloads.sharedPrefix({ promptTokens: 200, hitRatio: 1 })).toThrow(
      "hitRatio must be below 1; received 1.",
    );
  });
});

describe("a document pool", () => {
  const pool = workloads.documentPool({ documents: 10, tokens: 64, perRequest: 4, sharedTokens: 30 });

  it("has one text for one name, of exactly its length, and no document twice in a request", async () => {
    const byName = new Map<string, string>();
    for (const { documents, prompt, pieceTokens } of await requestsOf(pool, { count: 20 })) {
      expect(new Set(documents).size).toBe(4);
      expect(pieceTokens.chunks).toEqual([64, 64, 64, 64]);
      for (const [index, name] of documents!.entries()) {
        expect(byName.get(name) ?? prompt.chunks[index]).toBe(prompt.chunks[index]);
        byName.set(name, prompt.chunks[index]!);
      }
    }
    expect(new Set(byName.values()).size).toBe(byName.size);
  });

  it("gives all its documents beforehand, with the texts that the requests have", async () => {
    const texts = random("nonce").fork("a");
    const collected = await pool.documents(tokens, { texts, order: random("seed") });
    expect(collected.flatMap(({ chunks }) => chunks)).toHaveLength(10);
    const requests = await requestsOf(pool);
    for (const [index, { chunkTokens }] of expectedCached(requests, collected).entries()) {
      expect(chunkTokens).toBe(requests[index]!.contextTokens);
    }
  });

  it("draws popular documents in proportion to 1 / rank", async () => {
    const zipf = workloads.documentPool({ documents: 20, tokens: 8, perRequest: 1, zipfExponent: 1 });
    const times = new Map<string, number>();
    for (const { documents } of await requestsOf(zipf, { count: 2_000 }))
      times.set(documents![0]!, (times.get(documents![0]!) ?? 0) + 1);
    const [first, second] = [...times.values()].sort((a, b) => b - a);
    // 1 / H(20) = 0.278 of the draws, and half as many.
    expect(first! / 2_000).toBeCloseTo(0.278, 1);
    expect(second! / 2_000).toBeCloseTo(0.139, 1);
  });

  it("permutes all of its documents, and repeats no order before all have been", async () => {
    const three = workloads.documentPool({ documents: 3, tokens: 16, order: "permuted" });
    const orders = (await requestsOf(three, { count: 12 })).map(({ documents }) => documents!.join());
    expect(new Set(orders.slice(0, 6)).size).toBe(6);
    expect(new Set(orders.slice(6)).size).toBe(6);
    const nine = workloads.documentPool({ documents: 9, tokens: 8, order: "permuted" });
    for (const { documents } of await requestsOf(nine, { count: 4 })) expect(new Set(documents).size).toBe(9);
  });

  it("has the paper's setting as rag", () => {
    expect(workloads.rag().settings).toMatchObject({ documents: 100, tokens: 512, perRequest: 6 });
    expect(workloads.rag({ documents: 1_500 }).settings.documents).toBe(1_500);
  });

  it.each([
    [
      { documents: 3, tokens: 64, perRequest: 4 },
      "documents must be at least perRequest, 4: a request has no document twice; received 3.",
    ],
    [
      { documents: 3, tokens: 64 },
      "documents must be at least perRequest, 6: a request has no document twice; received 3.",
    ],
    [
      { documents: 3, tokens: -1, perRequest: 1 },
      "tokens must be a whole number of at least 8; received -1.",
    ],
    [{ documents: 0, tokens: 64 }, "documents must be a whole number of at least 1; received 0."],
    [
      { documents: 3, tokens: 64, perRequest: 1, zipfExponent: -1 },
      "zipfExponent must be at least 0; received -1.",
    ],
    [
      { documents: 5, tokens: 64, perRequest: 3, order: "permuted" as const },
      /perRequest must be left out where documents are permuted/,
    ],
    [
      { documents: 5, tokens: 64, zipfExponent: 1, order: "permuted" as const },
      /zipfExponent must be left out/,
    ],
  ])("refuses %j", (options, message) => {
    expect(() => workloads.documentPool(options)).toThrow(message);
  });
});

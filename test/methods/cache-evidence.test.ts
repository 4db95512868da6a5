import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import * as methods from "../../src/api/methods.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import type { ChunkedPrompt } from "../../src/domain/records/chunked-prompt.js";
import { firstLines } from "../../src/experiments/methods/first-lines.js";
import { measureMethod } from "../../src/experiments/methods/method-request.js";
import { WHOLE } from "../../src/experiments/methods/prompt-tokens.js";
import type { Method } from "../../src/methods/request/method.js";
import { type Random, random } from "../../src/stats/random.js";
import { type Caching, cachingServer } from "../support/caching-server.js";
import { runs } from "../support/runs.js";

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** vLLM, which a user says blends by LMCache. */
const VLLM = { model: { owned_by: "vllm" }, routes: { "/version": { version: "0.17.1" } } };
const ENGINE = { model: { owned_by: "firsttoken" } };
const BRIDGE = { model: { owned_by: "firsttoken-cacheblend-bridge" } };

const lmcache = () => methods.lmcache({ separator: "#", settleSeconds: 0 });

const words = (source: Random, count: number) =>
  Array.from({ length: count }, () => `w${source.int(5_000)}`).join(" ");

interface Shape {
  readonly prefix: number;
  readonly chunks: readonly number[];
  readonly question: number;
}
const promptOf = (seed: string, { prefix, chunks, question }: Shape): ChunkedPrompt => ({
  prefix: prefix === 0 ? "" : `${words(random(`instruction ${prefix}`), prefix)}\n`,
  chunks: chunks.map((length, index) => `${words(random(`${seed} ${index}`), length)}\n`),
  question: words(random(`${seed} question`), question),
});

/** As `quality.run`: a line of its own for every request where a method's server keeps nothing apart. */
async function ask(method: Method, prompt: ChunkedPrompt, apart: boolean) {
  const firstLine = firstLines(random(randomUUID()), WHOLE);
  return (await measureMethod(method, prompt, { maxTokens: 1, ...(!apart && { firstLine }) })).columns;
}

async function compare(server: Server, prompt: ChunkedPrompt, chunks: boolean) {
  const given = chunks ? { chunks: lmcache() } : {};
  const compared = {
    full: methods.fullPrefill(server),
    again: methods.fullPrefill(server),
    prefix: methods.prefixCache(server),
    reuse: methods.fullKvReuse(server, given),
    blend: methods.cacheBlend(server, given),
  };
  const all = Object.values(compared);
  const apart = !(await Promise.all(all.map((method) => method.keepsApart()))).includes(false);
  const found: Record<string, string> = {};
  const columns: Record<string, Awaited<ReturnType<typeof ask>>> = {};
  for (const [label, method] of Object.entries(compared)) {
    columns[label] = await ask(method, prompt, apart);
    found[label] = columns[label].evidence;
  }
  return { found, columns };
}

async function runsAt(caching: Caching, prompts: readonly ChunkedPrompt[], chunks: boolean) {
  const stand = await cachingServer(caching);
  open.push(stand);
  const server = await connect(stand.url);
  open.push(server);
  const results = [];
  for (const prompt of prompts) results.push(await compare(server, prompt, chunks));
  return results;
}

const SHAPE: Shape = { prefix: 12, chunks: [60, 90, 40, 75], question: 25 };

describe("a server that only caches prefixes", () => {
  it.each([
    ["vLLM with LMCache that does not blend", VLLM, true],
    ["what says it is the embedded engine", ENGINE, false],
    ["what says it is the bridge", BRIDGE, false],
  ] as const)(
    "proves no reuse and no blend, in no run and in no order: %s",
    async (_name, kind, chunks) => {
      const shape = fc.record({
        prefix: fc.constantFrom(0, 3, 12, 40),
        chunks: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
        question: fc.integer({ min: 1, max: 40 }),
      });
      await fc.assert(
        fc.asyncProperty(
          shape,
          fc.constantFrom(1, 16, 128),
          fc.boolean(),
          fc.nat(1e6),
          async (shaped, blockTokens, heedsSalt, seed) => {
            const prompt = promptOf(String(seed), shaped);
            const caching = { ...kind, stores: "prefixes", blockTokens, heedsSalt } as const;
            for (const { found } of await runsAt(caching, [prompt, prompt], chunks)) {
              expect(found.reuse).not.toBe("proven");
              expect(found.blend).not.toBe("proven");
              // Kept apart by the line before them, or by salts, where those are heeded.
              if (!chunks && !heedsSalt) continue;
              expect([found.full, found.again]).toEqual(["proven", "proven"]);
            }
          },
        ),
        { numRuns: runs(5, 15) },
      );
    },
    60_000,
  );

  it("says of a first piece that is most of the prompt that it is only that", async () => {
    const long = promptOf("long", { prefix: 12, chunks: [360, 12], question: 25 });
    const caching = { ...VLLM, stores: "prefixes", blockTokens: 16, heedsSalt: true } as const;
    const [first, second] = await runsAt(caching, [long, long], true);
    for (const { columns } of [first!, second!]) {
      expect(columns.blend).toMatchObject({
        evidence: "contradicted",
        evidence_reason: expect.stringContaining("the chunks after that prefix were not reused"),
      });
      expect(columns.prefix!.evidence).toBe("proven");
    }
  });
});

describe("a server that reuses chunks", () => {
  const caching = { ...VLLM, stores: "segments", blockTokens: 1, heedsSalt: false } as const;

  it("proves it on prompts nobody has asked", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 20, max: 200 }), { minLength: 2, maxLength: 5 }),
        fc.nat(1e6),
        async (chunks, seed) => {
          const prompt = promptOf(String(seed), { prefix: 12, chunks, question: 25 });
          const stand = await cachingServer(caching);
          open.push(stand);
          const server = await connect(stand.url);
          open.push(server);
          const blend = methods.cacheBlend(server, { chunks: lmcache() });
          const columns = await ask(blend, prompt, await blend.keepsApart());
          expect(columns.evidence_reason).toBeNull();
          expect(columns.evidence).toBe("proven");
        },
      ),
      { numRuns: runs(5, 15) },
    );
  }, 60_000);

  it("can't prove it of a single chunk at the front, which a prefix cache finds too", async () => {
    const single = promptOf("single", { ...SHAPE, chunks: [200] });
    const [run] = await runsAt(caching, [single], true);
    expect(run!.columns.reuse).toMatchObject({
      evidence: "unproven",
      evidence_reason: expect.stringContaining("which a prefix cache finds too"),
    });
  });

  it("contradicts a question that was found too: it is to be computed", async () => {
    const prompt = promptOf("twice", SHAPE);
    const [run] = await runsAt(caching, [prompt], true);
    expect(run!.found).toMatchObject({ reuse: "proven", blend: "contradicted" });
  });
});

describe("a server that caches nothing", () => {
  it("contradicts every kind of reuse", async () => {
    const prompt = promptOf("nothing", SHAPE);
    const [run] = await runsAt(
      { ...VLLM, stores: "nothing", blockTokens: 1, heedsSalt: false },
      [prompt],
      true,
    );
    expect(run!.found).toEqual({
      full: "proven",
      again: "proven",
      prefix: "contradicted",
      reuse: "contradicted",
      blend: "contradicted",
    });
  });
});

import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as load from "../../../src/api/load.js";
import * as methods from "../../../src/api/methods.js";
import * as workloads from "../../../src/api/workloads.js";
import { connect } from "../../../src/client/connect.js";
import { hitRatioNote } from "../../../src/experiments/load/hit-ratio-note.js";
import { type CachingServer, cachingServer } from "../../support/caching-server.js";
import { temporaryFolder } from "../../support/temporary-files.js";

const folder = temporaryFolder();
let logs = 0;
let served: CachingServer | null = null;
afterEach(() => served?.close());

/** The notes before a load on a server whose cache works in such blocks, how many of its requests had come, and its table. */
async function loadWith(blockTokens: number, promptTokens: number, hitRatio: number) {
  served = await cachingServer({ stores: "prefixes", blockTokens, heedsSalt: true, template: 12 });
  const server = await connect(served.url);
  const told: { note: string; prompts: number }[] = [];
  const rows = await load.run({
    methods: { cold: methods.fullPrefill(server), prefix: methods.prefixCache(server) },
    workload: workloads.sharedPrefix({ promptTokens, hitRatio, outputTokens: 1 }),
    ...{ concurrency: [1], requests: 4, blocks: 1, log: join(folder, `${++logs}.jsonl`) },
    onNote: (note) =>
      void told.push({ note, prompts: served!.prompts.filter((ids) => ids.length > 250).length }),
  });
  server.close();
  const [row] = load.table(rows).rows.filter(({ label }) => label === "prefix");
  return { told, reached: row!.cached_share! };
}

describe("a hit ratio on a server whose cache works in blocks", () => {
  it("is said to be out of reach before the first request, with what can be reached", async () => {
    const { told, reached } = await loadWith(128, 300, 0.2);
    expect(told).toHaveLength(1);
    expect(told[0]!.note).toBe(
      "prefix: a hit ratio of 20 % is not reached by prompts of 300 tokens: the server's cache works in blocks of 128, so it will be " +
        "about 0 %. It is reached with 127 shared (--shared_tokens, sharedTokens) and 512 of their own (--own_tokens, ownTokens).",
    );
    // Only the requests by which the block size was learnt.
    expect(told[0]!.prompts).toBeLessThanOrEqual(8);
    expect(reached).toBe(0);
  });

  it("is said nothing of where it is reached", async () => {
    const { told, reached } = await loadWith(16, 400, 0.5);
    expect(told).toEqual([]);
    expect(Math.abs(reached - 0.5)).toBeLessThanOrEqual(0.02);
  });
});

describe("what can be reached in blocks", () => {
  const grid = { templateTokens: 12, templateKnown: true };
  const noteOn = (share: number, promptTokens: number, blockTokens: number) => {
    const { askedHitRatio } = workloads.sharedPrefix({ promptTokens, hitRatio: share });
    return hitRatioNote(askedHitRatio!, { ...grid, blockTokens });
  };

  it("is what was asked for where the beginning can be whole blocks", () => {
    for (const blockTokens of [1, 16]) expect(noteOn(0.5, 600, blockTokens)).toBeNull();
    for (const blockTokens of [1, 16, 128, 256]) expect(noteOn(0.5, 2_000, blockTokens)).toBeNull();
    expect(noteOn(0.5, 700, 256)).toContain(
      "about 36 %. It is reached with 500 shared (--shared_tokens, sharedTokens) and 512 of their own",
    );
  });

  it("is reached by the lengths that are advised", () => {
    for (const blockTokens of [16, 64, 128, 256])
      for (const share of [0.1, 0.3, 0.5, 0.7, 0.85])
        for (const promptTokens of [700, 900, 1_500]) {
          const note = noteOn(share, promptTokens, blockTokens);
          if (note === null) continue;
          const [, shared, own] = /with (\d+) shared .* and (\d+) of their own/.exec(note)!.map(Number);
          const found = Math.floor((shared! + 12) / blockTokens) * blockTokens;
          expect(Math.abs(found / (12 + shared! + own!) - share), note).toBeLessThanOrEqual(0.005);
        }
  });

  it("is not denied where an unknown template may fill a block", () => {
    const asked = { share: 0.5, sharedTokens: 250, promptTokens: 500 };
    const unknown = { blockTokens: 128, templateTokens: 1, templateKnown: false };
    expect(hitRatioNote(asked, unknown)).toBeNull();
    expect(hitRatioNote(asked, { ...unknown, templateKnown: true })).toContain("about 26 %");
  });
});

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as datasets from "../../src/api/datasets.js";
import * as methods from "../../src/api/methods.js";
import * as quality from "../../src/api/quality.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";

const folder = mkdtempSync(join(tmpdir(), "methods-"));
let serving: EngineHere;
let server: Server;
beforeAll(async () => {
  serving = await engineHere();
  server = await connect(serving.url);
});
afterAll(async () => {
  server.close();
  await serving.close();
});

const compared = () => ({
  "Full prefill": methods.fullPrefill(server),
  "Full KV reuse": methods.fullKvReuse(server),
  "CacheBlend 15%": methods.cacheBlend(server, { recomputeRatio: 0.15 }),
});

describe("quality.run on the embedded engine", () => {
  it("shows on questions across two chunks what reuse loses and CacheBlend wins back", async () => {
    const log = join(folder, "quality.jsonl");
    const dataset = await datasets.load("multihop", { samples: 30, seed: 7 });
    const rows = await quality.run({ dataset, methods: compared(), maxTokens: 4, log });
    expect(rows).toHaveLength(90);
    const [full, reuse, blended] = quality.table(rows).rows;
    expect(full).toMatchObject({ label: "Full prefill", is_baseline: true, n: 30 });
    // The model's card: full at least 0.98, reuse at most 0.35, 15 % at least 0.95 on hundreds of questions.
    expect(full!.score).toBeGreaterThan(0.9);
    expect(reuse!.score).toBeLessThan(0.5);
    expect(blended!.score).toBeGreaterThan(0.9);
    expect(reuse!.non_inferior).toBe("no");
    expect(blended!.recovery).toBeGreaterThan(0.9);
    expect(rows[0]!.references.length).toBeGreaterThan(0);
    expect(await quality.read(log)).toHaveLength(90);
  });
});

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as datasets from "../../../src/api/datasets.js";
import * as methods from "../../../src/api/methods.js";
import * as quality from "../../../src/api/quality.js";
import { connect } from "../../../src/client/connect.js";
import type { Server } from "../../../src/client/server.js";
import type { Example } from "../../../src/domain/records/example.js";
import type { Method } from "../../../src/methods/request/method.js";
import { type EngineHere, engineHere } from "../../support/engine-here.js";

let serving: EngineHere;
let server: Server;
let examples: readonly Example[];
beforeAll(async () => {
  serving = await engineHere();
  server = await connect(serving.url);
  examples = await datasets.load("multihop", { samples: 4 });
});
afterAll(async () => {
  server.close();
  await serving.close();
});

let logs = 0;
const folder = mkdtempSync(join(tmpdir(), "forced-"));
const run = <L extends string>(compared: { readonly [label in L]: Method }, more = {}) =>
  quality.run({
    dataset: examples,
    methods: compared,
    maxTokens: 3,
    divergence: true,
    log: join(folder, `${++logs}.jsonl`),
    ...more,
  });

describe("divergence on the embedded engine", () => {
  it("is exactly 0 of full prefill, of CacheBlend of everything and of EPIC of everything, and falls with r", async () => {
    const rows = await run({
      full: methods.fullPrefill(server),
      reuse: methods.fullKvReuse(server),
      "20 %": methods.cacheBlend(server, { recomputeRatio: 0.2 }),
      random: methods.cacheBlend(server, { recomputeRatio: 0.2, selector: "random" }),
      "100 %": methods.cacheBlend(server, { recomputeRatio: 1 }),
      "all of each": methods.epic(server, { tokensPerChunk: 1_000 }),
    });
    const of = (label: string) => rows.filter((row) => row.label === label);
    const mean = (label: string, key: "kl_nats" | "top1_agreement" | "reference_nll") =>
      of(label).reduce((sum, row) => sum + row[key]!, 0) / examples.length;
    for (const label of ["full", "100 %", "all of each"]) {
      expect(
        of(label).map(({ kl_nats, top1_agreement, divergence_reason }) => [
          kl_nats,
          top1_agreement,
          divergence_reason,
        ]),
        label,
      ).toEqual(examples.map(() => [0, 1, null]));
    }
    expect(mean("reuse", "kl_nats")).toBeGreaterThan(mean("20 %", "kl_nats"));
    expect(mean("random", "kl_nats")).toBeGreaterThan(mean("20 %", "kl_nats"));
    expect(mean("reuse", "top1_agreement")).toBeLessThan(mean("20 %", "top1_agreement"));
    expect(mean("reuse", "reference_nll")).toBeGreaterThan(mean("full", "reference_nll"));
    expect(mean("100 %", "reference_nll")).toBe(mean("full", "reference_nll"));
    for (const { kl_mass } of rows) expect(kl_mass).toBeGreaterThan(0.5);
  });

  it("leaves the measured requests as they are without it", async () => {
    const compared = () => ({
      full: methods.fullPrefill(server),
      blend: methods.cacheBlend(server, { recomputeRatio: 0.1 }),
    });
    const told = (rows: Awaited<ReturnType<typeof run>>) =>
      rows.map(({ example_id, label, evidence, cached_tokens, recomputed_tokens, prompt_tokens, score }) =>
        [example_id, label, evidence, cached_tokens, recomputed_tokens, prompt_tokens, score].join(),
      );
    const plain = await run(compared(), { divergence: false, samples: 3 });
    expect(told(await run(compared(), { samples: 3 }))).toEqual(told(plain));
    for (const row of plain) expect(row).not.toHaveProperty("kl_nats", expect.any(Number));
  });

  it("needs full prefill, from which it is counted", async () => {
    await expect(run({ reuse: methods.fullKvReuse(server) })).rejects.toThrow(
      /divergence needs full prefill of .* among the methods/,
    );
  });
});

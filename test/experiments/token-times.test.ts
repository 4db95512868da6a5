import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as blend from "../../src/api/blend.js";
import * as datasets from "../../src/api/datasets.js";
import * as methods from "../../src/api/methods.js";
import * as mock from "../../src/api/mock.js";
import * as proxy from "../../src/api/proxy.js";
import * as quality from "../../src/api/quality.js";
import * as ttft from "../../src/api/ttft.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { jsonLines } from "../support/cli.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";

const folder = mkdtempSync(join(tmpdir(), "token-times-"));
let serving: EngineHere;
let server: Server;
beforeAll(async () => {
  serving = await engineHere({ model: "bench" });
  server = await connect(serving.url);
});
afterAll(async () => {
  server.close();
  await serving.close();
});

/** The lines of a log whose answers have several tokens each: random weights seldom end one. */
function expectTimes(log: string): void {
  const lines = jsonLines(readFileSync(log, "utf8"));
  expect(lines.length).toBeGreaterThan(0);
  for (const { itl_seconds, itl_p99_seconds, tpot_seconds, ...line } of lines) {
    expect(line).toMatchObject({ outcome: "ok" });
    expect(line.e2e_seconds).toBeGreaterThan(0);
    expect(line.finish_reason).toEqual(expect.any(String));
    expect(line.output_tokens).toBeGreaterThan(1);
    expect(itl_seconds).toBeGreaterThanOrEqual(0);
    expect(itl_p99_seconds).toBeGreaterThanOrEqual(itl_seconds as number);
    expect(tpot_seconds).toBeGreaterThanOrEqual(0);
  }
}

describe("every streamed record tells how its tokens followed each other", () => {
  it("of ttft", async () => {
    const log = join(folder, "ttft.jsonl");
    await ttft.run({ server, contextTokens: [128], runs: 2, maxTokens: 6, log });
    expectTimes(log);
  });

  it("of blend", async () => {
    const log = join(folder, "blend.jsonl");
    const compared = { full: methods.fullPrefill(server), reuse: methods.fullKvReuse(server) };
    await blend.run({ methods: compared, inputTokens: [128], runs: 2, warmUps: 0, maxTokens: 6, log });
    expectTimes(log);
  });

  it("of quality", async () => {
    const log = join(folder, "quality.jsonl");
    const dataset = await datasets.load("multihop", { samples: 2 });
    await quality.run({ dataset, methods: { full: methods.fullPrefill(server) }, maxTokens: 6, log });
    expectTimes(log);
  });

  it("of proxy, and of no whole answer", async () => {
    const log = join(folder, "proxy.jsonl");
    const provider = await mock.serve({ chunks: 4, chunkGapSeconds: 0.002 });
    const through = { itself: { url: provider.url, apiKey: "none" } };
    const few = {
      requests: 4,
      streamRequests: 4,
      concurrency: 1,
      streamConcurrency: 1,
      blocks: 1,
      warmUps: 1,
    };
    await proxy.run({ direct: provider, through, model: "m", ...few, streamWarmUps: 1, threads: 0, log });
    await provider.close();
    const lines = jsonLines(readFileSync(log, "utf8"));
    const told = lines.map(({ mode, itl_seconds, itl_p99_seconds }) => [
      mode,
      itl_seconds === null ? null : (itl_seconds as number) > 0,
      itl_p99_seconds === null ? null : (itl_p99_seconds as number) >= (itl_seconds as number),
    ]);
    expect(new Set(told.map(String))).toEqual(new Set(["chat,,", "stream,true,true"]));
  });
});

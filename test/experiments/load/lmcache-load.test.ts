import { join } from "node:path";
import { expect, it } from "vitest";
import * as load from "../../../src/api/load.js";
import * as methods from "../../../src/api/methods.js";
import * as workloads from "../../../src/api/workloads.js";
import { connect } from "../../../src/client/connect.js";
import { lmcacheBlend } from "../../support/lmcache-blend.js";
import { templatedServer } from "../../support/templated-server.js";
import { temporaryFolder } from "../../support/temporary-files.js";

it("proves reuse by LMCache's KV chunks under load, filler and all, with what was expected beside it", async () => {
  const templated = await templatedServer({ cached: lmcacheBlend(32) });
  const server = await connect(templated.url);
  const chunks = methods.lmcache({ protocol: "chunks", chunkTokens: 32, settleSeconds: 0 });
  const rows = await load.run({
    methods: { "CacheBlend 15%": methods.cacheBlend(server, { chunks }) },
    workload: workloads.documentPool({ documents: 6, tokens: 70, perRequest: 2 }),
    ...{ requests: 6, blocks: 1, concurrency: [1], log: join(temporaryFolder(), "load.jsonl") },
  });
  server.close();
  await templated.close();
  for (const { evidence, cached_tokens, expected_cached_tokens, context_tokens } of rows) {
    expect(evidence).toBe("proven");
    expect(cached_tokens).toBe(expected_cached_tokens);
    // Two documents of 70 tokens in three KV chunks each, behind a beginning of one.
    expect(cached_tokens).toBe(7 * 32);
    expect(context_tokens).toBe(140);
  }
});

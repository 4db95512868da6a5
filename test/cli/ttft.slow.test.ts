import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as engine from "../../src/api/engine.js";
import { firsttoken, jsonLines } from "../support/cli.js";

it("evicts a small KV cache with ten fillers, so that the next run is proven cold", async () => {
  const serving = await engine.serve({ model: "tiny", port: 0, kvTokens: 2_048 });
  const out = join(mkdtempSync(join(tmpdir(), "filler-")), "log.jsonl");
  const short = ["--max_ctx_tokens", "500", "--max_tokens", "1"];
  const flush = ["-F", "--flush_method", "filler"];
  const { code } = await firsttoken(["ttft", "--api_base", serving.url, ...short, ...flush, "--out", out]);
  await serving.close();
  expect(code).toBe(0);
  const [, flushed] = jsonLines(readFileSync(out, "utf8"));
  expect(flushed).toMatchObject({ cache_state: "flushed", cache_control: "filler", evidence: "proven" });
});

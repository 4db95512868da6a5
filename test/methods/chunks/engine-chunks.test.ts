import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as methods from "../../../src/api/methods.js";
import { connect } from "../../../src/client/connect.js";
import type { Server } from "../../../src/client/server.js";
import { wholePrompt } from "../../../src/domain/records/chunked-prompt.js";
import { type EngineHere, engineHere } from "../../support/engine-here.js";

let serving: EngineHere;
let server: Server;
beforeAll(async () => {
  const model = fileURLToPath(new URL("../../fixtures/engine/language-models/qwen2", import.meta.url));
  serving = await engineHere({ model, kvTokens: 1024 });
  server = await connect(serving.url);
});
afterAll(async () => {
  server.close();
  await serving.close();
});

describe("chunks at the embedded engine with a language model", () => {
  // Its tokens join "h" and "e", and "'l" and "l".
  const pieces = {
    prefix: "Read this. ",
    chunks: ["The quick brown fox jumps over th", "e lazy dog. Then we'l", "l return. "],
    question: "Who?",
  };

  it.each([
    "completions",
    "chat",
  ] as const)("are found where they were stored, piece by piece (%s)", async (format) => {
    const prompt = { ...pieces, format };
    const apart = await Promise.all(
      [prompt.prefix, ...prompt.chunks].map(async (piece) => (await server.tokens.encode(piece))!.length),
    );
    const whole = (await server.tokens.encode(wholePrompt(prompt)))!.length;
    const stored = apart.reduce((sum, length) => sum + length);
    expect(whole).toBeLessThan(stored + (await server.tokens.count(prompt.question)));

    for (const method of [methods.fullKvReuse(server), methods.cacheBlend(server, { recomputeRatio: 0.5 })]) {
      await method.prepare!(prompt);
      const { completion, evidence, columns } = await method.ask(prompt, { maxTokens: 1 });
      const head = format === "chat" ? await server.tokens.count((await server.chatTemplate())!.head) : 0;
      expect(completion.error).toBeNull();
      // White space at a seam may join the template's head.
      expect(Math.abs(completion.cached_tokens! - stored - head)).toBeLessThanOrEqual(1);
      expect(evidence).toBe("proven");
      const share = Math.floor(completion.cached_tokens! * (columns.recompute_ratio ?? 0));
      expect(columns.recomputed_tokens).toBe(share);
    }
  });
});

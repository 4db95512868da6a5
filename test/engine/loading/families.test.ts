import { describe, expect, it } from "vitest";
import { bytesInMemory } from "../../../src/engine/files/byte-source.js";
import { readGgufModel } from "../../../src/engine/loading/gguf-model.js";
import { FAMILIES, folderModel, ggufOf, ggufTokens, json, logitsOf } from "./fixtures.js";

describe.each(FAMILIES)("a random model of %s", (family) => {
  const { ids, logits } = json(`${family}/expected.json`) as Record<string, readonly number[]>;
  const { config, weights } = folderModel(family);
  const got = logitsOf(weights, config.shape, ids!);

  it("has PyTorch's logits", () => {
    const largest = Math.max(...logits!.map(Math.abs));
    const worst = Math.max(...logits!.map((logit, id) => Math.abs(logit - got[id]!)));
    expect(worst / largest).toBeLessThan(2e-5);
  });

  it("has the same bits from a GGUF file", async () => {
    const read = await readGgufModel(bytesInMemory(ggufOf(family, ggufTokens("gpt-2"))));
    const fromGguf = logitsOf(read.weights, read.config.shape, ids!);
    // The factors of llama3's rotation are kept in fp32 there.
    if (family !== "llama3-sharded") expect(fromGguf).toEqual(got);
    const worst = Math.max(...got.map((logit, id) => Math.abs(logit - fromGguf[id]!)));
    expect(worst / Math.max(...got.map(Math.abs))).toBeLessThan(2e-5);
  });
});

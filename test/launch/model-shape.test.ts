import { describe, expect, it } from "vitest";
import { shapeOf, weightNotes } from "../../src/launch/model-shape.js";

// From the models' config.json on the hub: num_hidden_layers, num_key_value_heads, hidden_size / num_attention_heads.
const CONFIGS = {
  "mistralai/Mistral-7B-Instruct-v0.2": { layers: 32, kvHeads: 8, headWidth: 4096 / 32 },
  "01-ai/Yi-34B-200K": { layers: 60, kvHeads: 8, headWidth: 7168 / 56 },
};

describe("a known model", () => {
  it.each(Object.entries(CONFIGS))("%s has the KV its configuration gives at 16 bits", (model, config) => {
    const { layers, kvHeads, headWidth } = config;
    expect(shapeOf(model)?.kvBytesPerToken).toBe(2 * layers * kvHeads * headWidth * 2);
  });

  it("is told from its other versions", () => {
    expect(shapeOf("mistralai/Mistral-7B-Instruct-v0.1")?.note).toContain("window");
    expect(shapeOf("mistralai/Mistral-7B-Instruct-v0.3")?.note).toBeNull();
    expect(shapeOf("01-ai/Yi-34B")).toBeNull();
  });

  it("says what a full context weighs", () => {
    expect(weightNotes("01-ai/Yi-34B-200K", null)[0]).toContain("that of 200,000 tokens 49.2 GB");
    expect(weightNotes("anything-else", null)).toEqual([]);
  });
});

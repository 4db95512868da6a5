import { describe, expect, it } from "vitest";
import { readHuggingFaceConfig } from "../../../src/engine/loading/hugging-face-config.js";
import { json } from "./fixtures.js";

const llama = {
  model_type: "llama",
  num_hidden_layers: 2,
  hidden_size: 64,
  intermediate_size: 96,
  num_attention_heads: 4,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  hidden_act: "silu",
};

describe("a config.json", () => {
  it("leaves out what is usual: as many heads of keys, a head's share of the width, base 10,000, a head of its own", () => {
    expect(readHuggingFaceConfig(llama)).toEqual({
      shape: {
        layers: 2,
        width: 64,
        heads: 4,
        kvHeads: 4,
        headWidth: 16,
        hidden: 96,
        ropeBase: 10_000,
        ropeDivisors: null,
        normEpsilon: 1e-5,
      },
      contextTokens: 2048,
      biased: false,
      headNorms: false,
      tiedHead: false,
    });
  });

  it("may have the rotation's base in either place", () => {
    const old = readHuggingFaceConfig({ ...llama, rope_theta: 5e5 });
    const now = readHuggingFaceConfig({
      ...llama,
      rope_parameters: { rope_theta: 5e5, rope_type: "default" },
    });
    expect(now).toEqual(old);
    expect(old.shape.ropeBase).toBe(5e5);
  });

  it("has Llama 3.1's frequencies: the fast ones as they are, the slow ones an eighth", () => {
    const { ropeDivisors } = readHuggingFaceConfig(json("llama3-sharded/config.json")).shape;
    expect(ropeDivisors![0]).toBe(1);
    expect(ropeDivisors!.at(-1)).toBe(8);
  });

  it("takes a sliding window that is not used, or as wide as the context", () => {
    const qwen = { ...llama, model_type: "qwen2", sliding_window: 512, use_sliding_window: false };
    expect(readHuggingFaceConfig(qwen).biased).toBe(true);
    readHuggingFaceConfig({ ...llama, model_type: "mistral", sliding_window: 2048 });
  });

  it.each([
    [
      "another family",
      { model_type: "gemma2" },
      "its model_type: must be one of llama, mistral, qwen2, qwen3",
    ],
    ["a mixture of experts", { model_type: "mixtral" }, "its model_type"],
    ["no layers", { num_hidden_layers: undefined }, "its num_hidden_layers"],
    ["another activation", { hidden_act: "gelu" }, "its hidden_act: must be silu"],
    ["a bias of its projections", { attention_bias: true }, "its attention_bias: is not supported"],
    [
      "yarn",
      { rope_scaling: { rope_type: "yarn", factor: 4 } },
      "its rope_scaling is yarn, which is not supported",
    ],
    [
      "yarn beside plain parameters",
      { rope_parameters: { rope_type: "default" }, rope_scaling: { rope_type: "yarn", factor: 4 } },
      "its rope_scaling is yarn",
    ],
    ["dynamic scaling", { rope_scaling: { type: "dynamic", factor: 2 } }, "its rope_scaling is dynamic"],
    ["linear scaling without a factor", { rope_scaling: { type: "linear" } }, "no factor"],
    [
      "half of llama3's scaling",
      { rope_scaling: { rope_type: "llama3", factor: 8 } },
      "lacks low_freq_factor",
    ],
    ["a rotation of part of a head", { partial_rotary_factor: 0.5 }, "its partial_rotary_factor"],
    ["quantised weights", { quantization_config: { quant_method: "gptq" } }, "its quantization_config"],
    ["a sliding window", { model_type: "mistral", sliding_window: 1024 }, "its sliding_window, 1024 tokens"],
    ["layers that slide", { layer_types: ["full_attention", "sliding_attention"] }, "its layer_types.1"],
    ["a width the kernels can't take", { hidden_size: 60, head_dim: 16 }, "a width of 60"],
    ["heads of half a number", { num_attention_heads: 3 }, "a head width of 21.3"],
    ["heads too wide", { head_dim: 256 }, "256 wide; at most 128"],
    ["heads that can't be shared out", { num_key_value_heads: 3 }, "its 4 heads can't share 3"],
  ])("with %s is refused, the field named", (_, change, message) => {
    expect(() => readHuggingFaceConfig({ ...llama, ...change })).toThrow(message);
  });
});

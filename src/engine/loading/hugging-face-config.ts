import { z } from "zod";
import { type DecoderConfig, requireShape } from "./decoder-config.js";
import { ropeDivisors } from "./rope-divisors.js";

const FAMILIES = ["llama", "mistral", "qwen2", "qwen3"] as const;

const count = z.int().positive();

const schema = z.looseObject({
  model_type: z.enum(FAMILIES, { error: `must be one of ${FAMILIES.join(", ")}` }),
  num_hidden_layers: count,
  hidden_size: count,
  intermediate_size: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  max_position_embeddings: count,
  rms_norm_eps: z.number().positive(),
  hidden_act: z.literal("silu", { error: "must be silu" }),
  tie_word_embeddings: z.boolean().nullish(),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: z.looseObject({}).nullish(),
  rope_parameters: z.looseObject({ rope_theta: z.number().positive().nullish() }).nullish(),
  sliding_window: count.nullish(),
  use_sliding_window: z.boolean().nullish(),
  layer_types: z.array(z.literal("full_attention", { error: "must be full_attention" })).nullish(),
  attention_bias: z.literal(false, { error: "is not supported" }).nullish(),
  mlp_bias: z.literal(false, { error: "is not supported" }).nullish(),
  partial_rotary_factor: z.literal(1, { error: "is not supported" }).nullish(),
  quantization_config: z
    .null({ error: "is not supported: take the weights as F32, F16 or BF16, or a GGUF" })
    .optional(),
});

const DEFAULT_ROPE_BASE = 10_000;

/**
 * What a `config.json` says: Llama 2 and 3, SmolLM2, Qwen2 and 2.5, Qwen3, Mistral without a sliding window.
 *
 * Source: transformers 5, `configuration_llama.py` and the others' for what a missing field means.
 * @throws a plain Error that names the field at fault.
 */
export function readHuggingFaceConfig(json: unknown): DecoderConfig {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new Error(`its ${path.join(".") || "content"}: ${message}`);
  }
  const config = parsed.data;
  const { model_type: family, sliding_window: window, max_position_embeddings: contextTokens } = config;
  const slides = family === "mistral" || config.use_sliding_window === true;
  if (slides && window != null && window < contextTokens) {
    throw new Error(`its sliding_window, ${window} tokens, is not supported`);
  }
  const headWidth = config.head_dim ?? config.hidden_size / config.num_attention_heads;
  const ropeBase = config.rope_parameters?.rope_theta ?? config.rope_theta ?? DEFAULT_ROPE_BASE;
  const shape = {
    layers: config.num_hidden_layers,
    width: config.hidden_size,
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads ?? config.num_attention_heads,
    headWidth,
    hidden: config.intermediate_size,
    ropeBase,
    normEpsilon: config.rms_norm_eps,
  };
  requireShape(shape);
  return {
    shape: {
      ...shape,
      // If both are there, transformers 5 takes rope_scaling.
      ropeDivisors: ropeDivisors(config.rope_scaling ?? config.rope_parameters, ropeBase, headWidth),
    },
    contextTokens,
    biased: family === "qwen2",
    headNorms: family === "qwen3",
    tiedHead: config.tie_word_embeddings ?? false,
  };
}

/** Where a file keeps a decoder's tensors. */
export interface TensorNames {
  readonly embedding: string;
  readonly head: string;
  readonly finalNorm: string;
  layer(index: number): LayerNames;
}

export interface LayerNames {
  readonly attentionNorm: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly queryBias: string;
  readonly keyBias: string;
  readonly valueBias: string;
  readonly queryNorm: string;
  readonly keyNorm: string;
  readonly output: string;
  readonly feedForwardNorm: string;
  readonly gate: string;
  readonly up: string;
  readonly down: string;
}

/** As Hugging Face's transformers names them. */
export const HUGGING_FACE_NAMES: TensorNames = {
  embedding: "model.embed_tokens.weight",
  head: "lm_head.weight",
  finalNorm: "model.norm.weight",
  layer: (index) => {
    const of = (name: string) => `model.layers.${index}.${name}`;
    return {
      attentionNorm: of("input_layernorm.weight"),
      query: of("self_attn.q_proj.weight"),
      key: of("self_attn.k_proj.weight"),
      value: of("self_attn.v_proj.weight"),
      queryBias: of("self_attn.q_proj.bias"),
      keyBias: of("self_attn.k_proj.bias"),
      valueBias: of("self_attn.v_proj.bias"),
      queryNorm: of("self_attn.q_norm.weight"),
      keyNorm: of("self_attn.k_norm.weight"),
      output: of("self_attn.o_proj.weight"),
      feedForwardNorm: of("post_attention_layernorm.weight"),
      gate: of("mlp.gate_proj.weight"),
      up: of("mlp.up_proj.weight"),
      down: of("mlp.down_proj.weight"),
    };
  },
};

/** As llama.cpp names them in GGUF files. */
export const GGUF_NAMES: TensorNames = {
  embedding: "token_embd.weight",
  head: "output.weight",
  finalNorm: "output_norm.weight",
  layer: (index) => {
    const of = (name: string) => `blk.${index}.${name}`;
    return {
      attentionNorm: of("attn_norm.weight"),
      query: of("attn_q.weight"),
      key: of("attn_k.weight"),
      value: of("attn_v.weight"),
      queryBias: of("attn_q.bias"),
      keyBias: of("attn_k.bias"),
      valueBias: of("attn_v.bias"),
      queryNorm: of("attn_q_norm.weight"),
      keyNorm: of("attn_k_norm.weight"),
      output: of("attn_output.weight"),
      feedForwardNorm: of("ffn_norm.weight"),
      gate: of("ffn_gate.weight"),
      up: of("ffn_up.weight"),
      down: of("ffn_down.weight"),
    };
  },
};

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { KvStore } from "../../../src/engine/compute/kv-store.js";
import { prefill } from "../../../src/engine/compute/prefill.js";
import { Transformer } from "../../../src/engine/compute/transformer.js";
import { safetensorsFolder } from "../../../src/engine/files/safetensors-folder.js";
import { readTensor } from "../../../src/engine/files/tensor-file.js";
import { decoderWeights, type StoredWeights } from "../../../src/engine/loading/decoder-weights.js";
import { readHuggingFaceConfig } from "../../../src/engine/loading/hugging-face-config.js";
import { GGUF_NAMES, HUGGING_FACE_NAMES } from "../../../src/engine/loading/tensor-names.js";
import type { Decoder, ModelShape } from "../../../src/engine/model/model.js";
import { finish } from "../support.js";
import { type Written, type WrittenTensor, writeGguf } from "./gguf-writer.js";

/** Random models of each family, with PyTorch's logits; see `make.py` there. */
export const FAMILIES = ["llama3-sharded", "mistral-linear", "qwen2", "qwen3"] as const;

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/engine/language-models/${name}`, import.meta.url));

// biome-ignore lint/suspicious/noExplicitAny: fixtures are looked into field by field
export const json = (name: string): any => JSON.parse(readFileSync(fixture(name), "utf8"));

export const tensorsOf = (family: string) => safetensorsFolder(fixture(family), () => {});

/** The config and the weights of a family's folder. */
export function folderModel(family: string) {
  const config = readHuggingFaceConfig(json(`${family}/config.json`));
  const layout = { names: HUGGING_FACE_NAMES, interleaved: false, unused: [] };
  return { config, weights: decoderWeights(config, tensorsOf(family), layout) };
}

/** The last token's logits. */
export function logitsOf(weights: StoredWeights, shape: ModelShape, ids: readonly number[]): Float32Array {
  const model: Decoder = { ...weights, name: "test", shape, maxTokens: 128, generatedIds: weights.ids };
  const transformer = new Transformer(model);
  const store = new KvStore(transformer.arena, 16, shape.layers, transformer.kvRow);
  finish(prefill(transformer, store, Int32Array.from(ids), []));
  return transformer.logits();
}

/** A family's folder as llama.cpp would write it, in fp32 or, where rows allow it, Q8_0; `more` are its tokens and what else it says. */
export function ggufOf(
  family: string,
  more: Readonly<Record<string, Written>>,
  type: "F32" | "Q8_0" = "F32",
  change: (values: Float32Array, tensor: string) => Float32Array = (values) => values,
): Uint8Array {
  const { config } = folderModel(family);
  const { shape } = config;
  const architecture = family.startsWith("qwen") ? family : "llama";
  const of = (key: string) => `${architecture}.${key}`;
  const scaled = family === "mistral-linear";
  const tensors: Record<string, WrittenTensor> = {};
  const names = new Map<string, string>([
    [HUGGING_FACE_NAMES.embedding, GGUF_NAMES.embedding],
    [HUGGING_FACE_NAMES.head, GGUF_NAMES.head],
    [HUGGING_FACE_NAMES.finalNorm, GGUF_NAMES.finalNorm],
    ...Array.from({ length: shape.layers }, (_, layer) => {
      const to = GGUF_NAMES.layer(layer);
      return Object.entries(HUGGING_FACE_NAMES.layer(layer)).map(
        ([key, from]) => [from, to[key as keyof typeof to]] as const,
      );
    }).flat(),
  ]);
  for (const [name, stored] of tensorsOf(family)) {
    const data = readTensor(stored);
    const paired = architecture === "llama" && /self_attn\.[qk]_proj/.test(name);
    const to = names.get(name)!;
    tensors[to] = {
      shape: stored.shape,
      type: stored.shape.length === 2 && stored.shape[1]! % 32 === 0 ? type : "F32",
      data: change(paired ? pairs(data, stored.shape[0]!, shape.headWidth) : data, to),
    };
  }
  if (family === "llama3-sharded") {
    const divisors = Float32Array.from(shape.ropeDivisors!);
    const name = "rope_freqs.weight";
    tensors[name] = { shape: [divisors.length], data: change(divisors, name) };
  }
  return writeGguf(
    {
      "general.architecture": { text: architecture },
      [of("block_count")]: { u32: shape.layers },
      [of("context_length")]: { u32: config.contextTokens },
      [of("embedding_length")]: { u32: shape.width },
      [of("feed_forward_length")]: { u32: shape.hidden },
      [of("attention.head_count")]: { u32: shape.heads },
      [of("attention.head_count_kv")]: { u32: shape.kvHeads },
      [of("attention.key_length")]: { u32: shape.headWidth },
      [of("attention.value_length")]: { u32: shape.headWidth },
      [of("attention.layer_norm_rms_epsilon")]: { f32: shape.normEpsilon },
      [of("rope.freq_base")]: { f32: shape.ropeBase },
      ...(scaled && {
        [of("rope.scaling.type")]: { text: "linear" },
        [of("rope.scaling.factor")]: { f32: 4 },
      }),
      ...more,
    },
    tensors,
  );
}

/** llama.cpp's order of q's and k's rows: 0, half, 1, half + 1, … of each head. */
function pairs(weights: Float32Array, rows: number, headWidth: number): Float32Array {
  const inputs = weights.length / rows;
  const half = headWidth / 2;
  const order = Array.from({ length: rows }, (_, row) => {
    const inHead = row % headWidth;
    return row - inHead + (inHead % 2) * half + Math.floor(inHead / 2);
  });
  return Float32Array.from(
    order.flatMap((from) => [...weights.subarray(from * inputs, (from + 1) * inputs)]),
  );
}

/** The tokens of the fixture of byte-level BPE. */
export function ggufTokens(pre: string): Readonly<Record<string, Written>> {
  const { tokens, merges } = json("byte-level-bpe.json");
  return {
    "tokenizer.ggml.model": { text: "gpt2" },
    "tokenizer.ggml.pre": { text: pre },
    "tokenizer.ggml.tokens": { texts: tokens },
    "tokenizer.ggml.token_type": { i32s: tokens.map((token: string) => (/^<\|.*\|>$/.test(token) ? 3 : 1)) },
    "tokenizer.ggml.merges": { texts: merges },
    "tokenizer.ggml.bos_token_id": { u32: 1 },
    "tokenizer.ggml.eos_token_id": { u32: 0 },
    "tokenizer.ggml.add_bos_token": { bool: false },
  };
}

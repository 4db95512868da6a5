import type { ByteSource } from "../files/byte-source.js";
import { readGguf } from "../files/gguf.js";
import { chatTemplate } from "../model/chat-template.js";
import { pretrainedTokenizer } from "../model/pretrained-tokenizer.js";
import { decoderWeights } from "./decoder-weights.js";
import { ROPE_DIVISORS, readGgufConfig } from "./gguf-config.js";
import { readGgufTokenizer } from "./gguf-tokenizer.js";
import { GGUF_NAMES } from "./tensor-names.js";

/** Reads a GGUF file, but for its weights; throws a plain Error that names what is wrong. */
export async function readGgufModel(source: ByteSource) {
  const gguf = readGguf(source);
  const { interleaved, ...config } = readGgufConfig(gguf);
  const weights = decoderWeights(config, gguf.tensors, {
    names: GGUF_NAMES,
    interleaved,
    unused: [ROPE_DIVISORS],
  });
  const { json, tokens, bos, ends } = readGgufTokenizer(gguf.metadata);
  const text = gguf.metadata.get("tokenizer.chat_template");
  const specials = { bos_token: tokens[bos]!, eos_token: tokens[ends[0]!]! };
  const template = typeof text === "string" ? await chatTemplate(text, specials) : null;
  const tokenizer = await pretrainedTokenizer({ json, config: {}, ids: weights.ids, bos, ends, template });
  return { config, weights, tokenizer };
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { isObject, type JsonObject } from "../../domain/json.js";
import { chatTemplateIn, specialTokenIn } from "../../domain/tokenizer-files.js";
import { type OpenFile, readText } from "../files/byte-source.js";
import { safetensorsFolder } from "../files/safetensors-folder.js";
import { chatTemplate } from "../model/chat-template.js";
import { pretrainedTokenizer } from "../model/pretrained-tokenizer.js";
import { decoderWeights } from "./decoder-weights.js";
import { readHuggingFaceConfig } from "./hugging-face-config.js";
import { HUGGING_FACE_NAMES } from "./tensor-names.js";

/**
 * Reads a Hugging Face folder, but for its weights; its files are handed to `keep`, whose part it is to close them.
 *
 * @throws a plain Error that names what is missing or wrong.
 */
export async function readModelFolder(folder: string, keep: (file: OpenFile) => void) {
  const json = (name: string): JsonObject => {
    const value = optionalJson(folder, name);
    if (value === null) throw new Error(`it has no ${name}`);
    return value;
  };
  const configJson = json("config.json");
  const config = readHuggingFaceConfig(configJson);
  const weights = decoderWeights(config, safetensorsFolder(folder, keep), {
    names: HUGGING_FACE_NAMES,
    interleaved: false,
    // Some files also store a tied head, which repeats the embeddings.
    unused: config.tiedHead ? [HUGGING_FACE_NAMES.head] : [],
  });
  if (weights.ids !== configJson.vocab_size) {
    throw new Error(
      `its vocab_size is ${String(configJson.vocab_size)}, and it has ${weights.ids} embeddings`,
    );
  }
  const tokenizerJson = json("tokenizer.json");
  const tokenizerConfig = optionalJson(folder, "tokenizer_config.json") ?? {};
  const generation = optionalJson(folder, "generation_config.json") ?? {};
  const ends = [...new Set([...idsIn(generation.eos_token_id), ...idsIn(configJson.eos_token_id)])];
  const bos = idsIn(configJson.bos_token_id)[0] ?? ends[0];
  if (bos === undefined || ends.length === 0) throw new Error("its config.json has no eos_token_id");
  const specials = {
    bos_token: specialTokenIn(tokenizerConfig.bos_token),
    eos_token: specialTokenIn(tokenizerConfig.eos_token),
  };
  const source = existsSync(join(folder, "chat_template.jinja"))
    ? textOf(folder, "chat_template.jinja")
    : chatTemplateIn(tokenizerConfig.chat_template);
  const template = source === null ? null : await chatTemplate(source, specials);
  const tokenizer = await pretrainedTokenizer({
    json: tokenizerJson,
    config: tokenizerConfig,
    ids: weights.ids,
    bos,
    ends,
    template,
  });
  return { config, weights, tokenizer };
}

/** The object in a JSON file of a folder; null if there is no such file. */
function optionalJson(folder: string, name: string): JsonObject | null {
  if (!existsSync(join(folder, name))) return null;
  const text = textOf(folder, name);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`its ${name} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (!isObject(value)) throw new Error(`its ${name} is not an object`);
  return value;
}

function textOf(folder: string, name: string): string {
  try {
    return readText(join(folder, name));
  } catch (cause) {
    throw new Error(`its ${name} can't be read: ${(cause as Error).message}`, { cause });
  }
}

/** One id or a list of them, as Hugging Face's configs have both. */
function idsIn(value: unknown): readonly number[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((id): id is number => Number.isSafeInteger(id) && (id as number) >= 0);
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ModelError } from "../domain/errors/errors.js";
import { isObject } from "../domain/json.js";
import { openFile } from "../engine/files/byte-source.js";
import { readGguf } from "../engine/files/gguf.js";
import type { KnownModel, KnownShape } from "./known-models.js";

/** What GGUF calls the parts of a shape, behind the architecture's name. */
const GGUF_KEYS: Readonly<Record<keyof Omit<KnownShape, "architecture">, string>> = {
  layers: "block_count",
  width: "embedding_length",
  hidden: "feed_forward_length",
  heads: "attention.head_count",
  kvHeads: "attention.head_count_kv",
};

/** And what a `config.json` calls them. */
const CONFIG_KEYS: typeof GGUF_KEYS = {
  layers: "num_hidden_layers",
  width: "hidden_size",
  hidden: "intermediate_size",
  heads: "num_attention_heads",
  kvHeads: "num_key_value_heads",
};

/**
 * Refuses a GGUF file under the name of a known model that it is not: one that can't be read, or is of another shape.
 *
 * @param from what it is called in the message
 * @throws ModelError
 */
export function requireGgufOf(path: string, from: string, name: string, { shape }: KnownModel): void {
  const file = openFile(path);
  try {
    const { metadata } = readGguf(file);
    const architecture = metadata.get("general.architecture");
    requireEqual(name, "general.architecture", architecture, shape.architecture);
    for (const [part, key] of partsOf(GGUF_KEYS))
      requireEqual(
        name,
        `${shape.architecture}.${key}`,
        metadata.get(`${shape.architecture}.${key}`),
        shape[part],
      );
  } catch (cause) {
    throw new ModelError(from, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    file.close();
  }
}

/**
 * Refuses a Hugging Face folder under the name of a known model that it is not, as {@link requireGgufOf} does a file.
 *
 * @throws ModelError
 */
export function requireFolderOf(folder: string, from: string, name: string, { shape }: KnownModel): void {
  try {
    const config: unknown = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
    const keys = isObject(config) ? config : {};
    requireEqual(name, "model_type", keys.model_type, shape.architecture);
    for (const [part, key] of partsOf(CONFIG_KEYS)) requireEqual(name, key, keys[key], shape[part]);
  } catch (cause) {
    throw new ModelError(from, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const partsOf = (keys: typeof GGUF_KEYS) => Object.entries(keys) as [keyof typeof GGUF_KEYS, string][];

function requireEqual(name: string, key: string, got: unknown, wanted: string | number): void {
  if (got === wanted) return;
  const says = got === undefined ? `it has no ${key}` : `its ${key} is ${String(got)}`;
  throw new Error(`${says}, where ${name} has ${wanted}: it is another model; fetch it by a name of yours`);
}

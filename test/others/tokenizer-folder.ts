import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TOKENIZER = new URL("../fixtures/tokenizers/byte-level.json", import.meta.url);
/** A name as on the Hugging Face hub, for tools that take no path. */
export const TOKENIZER_NAME = "firsttoken/byte-level";

/** A small tokenizer as tools take it: a folder, and a cache of the hub in which it stands under its name. */
export interface TokenizerFolder {
  readonly path: string;
  readonly hub: string;
}

/** Lays out the tokenizer of the fixtures in a folder, so that no tool has to download one. */
export function tokenizerFolder(folder: string): TokenizerFolder {
  const hub = join(folder, "hub");
  const model = join(hub, `models--${TOKENIZER_NAME.replace("/", "--")}`);
  const path = join(model, "snapshots", "0");
  mkdirSync(path, { recursive: true });
  mkdirSync(join(model, "refs"));
  writeFileSync(join(model, "refs", "main"), "0");
  copyFileSync(TOKENIZER, join(path, "tokenizer.json"));
  const json = (name: string, value: unknown) => writeFileSync(join(path, name), JSON.stringify(value));
  json("tokenizer_config.json", {
    tokenizer_class: "PreTrainedTokenizerFast",
    model_max_length: 8192,
    clean_up_tokenization_spaces: false,
    chat_template: "{% for message in messages %}{{ message.content }}\n{% endfor %}",
  });
  json("config.json", { model_type: "llama", architectures: ["LlamaForCausalLM"] });
  return { path, hub };
}

import { isObject, type JsonObject } from "./json.js";

/**
 * A `tokenizer.json` adapted so that `@huggingface/tokenizers` 0.2 gives the ids of Rust tokenizers: its pre-tokenizer
 * `Digits` knows only ASCII digits, while Rust's `char::is_numeric` splits at every numeric character of Unicode, such as ½
 * and ٣.
 *
 * @example forJavaScript({ pre_tokenizer: { type: "Digits", individual_digits: true } })
 *   // { pre_tokenizer: { type: "Split", pattern: { Regex: "\\p{N}" }, behavior: "Isolated", invert: false } }
 */
export function forJavaScript(json: JsonObject): JsonObject {
  return isObject(json.pre_tokenizer) ? { ...json, pre_tokenizer: mended(json.pre_tokenizer) } : json;
}

function mended(one: JsonObject): JsonObject {
  if (one.type === "Digits") {
    const pattern = { Regex: one.individual_digits === true ? "\\p{N}" : "\\p{N}+" };
    return { type: "Split", pattern, behavior: "Isolated", invert: false };
  }
  if (one.type !== "Sequence" || !Array.isArray(one.pretokenizers)) return one;
  return { ...one, pretokenizers: one.pretokenizers.map((part) => (isObject(part) ? mended(part) : part)) };
}

/** A model's chat template from `tokenizer_config.json`: the only one, or the default among several named ones. */
export function chatTemplateIn(value: unknown): string | null {
  if (typeof value === "string") return value;
  const named: readonly unknown[] = Array.isArray(value) ? value : [];
  for (const one of named) {
    const { name, template } = (one ?? {}) as { readonly name?: unknown; readonly template?: unknown };
    if (name === "default" && typeof template === "string") return template;
  }
  return null;
}

/** A special token in `tokenizer_config.json`, given as a text or as an object with a text `content`; "" for none. */
export function specialTokenIn(value: unknown): string {
  if (typeof value === "string") return value;
  const content = (value as { readonly content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : "";
}

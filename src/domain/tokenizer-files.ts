import { isObject, type JsonObject } from "./json.js";

/**
 * A `tokenizer.json` as `@huggingface/tokenizers` 0.2 must have it to give Rust tokenizers' ids: its pre-tokenizer `Digits`
 * knows ASCII's digits alone, where Rust's `char::is_numeric` splits at every number sign of Unicode, such as ½ and ٣.
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

/** A model's only chat template, or of several named ones the default, as `tokenizer_config.json` has them. */
export function chatTemplateIn(value: unknown): string | null {
  if (typeof value === "string") return value;
  const named: readonly unknown[] = Array.isArray(value) ? value : [];
  for (const one of named) {
    const { name, template } = (one ?? {}) as { readonly name?: unknown; readonly template?: unknown };
    if (name === "default" && typeof template === "string") return template;
  }
  return null;
}

/** A special token of `tokenizer_config.json`, which stands there as a text or with its content as one; "" for none. */
export function specialTokenIn(value: unknown): string {
  if (typeof value === "string") return value;
  const content = (value as { readonly content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : "";
}

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

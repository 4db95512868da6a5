import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { forJavaScript } from "../../src/domain/tokenizer-files.js";

const words = ["a", "b", "1", "2", "½", "٣", "Ⅷ", " "];
const tokens = (individual_digits: boolean, text: string) => {
  const json = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Digits", individual_digits }] },
    post_processor: null,
    decoder: null,
    model: { type: "BPE", vocab: Object.fromEntries(words.map((word, id) => [word, id])), merges: [] },
  };
  const { pre_tokenizer } = new Tokenizer(forJavaScript(json), {});
  return pre_tokenizer!.pre_tokenize_text(text, {});
};

describe("a tokenizer.json for the JavaScript library", () => {
  // What tokenizers 0.23.3 gives for Digits(individual_digits=True) and (False).
  it("splits at every number sign that Rust's Digits splits at", () => {
    expect(tokens(true, "a12½b٣٣Ⅷ a")).toEqual(["a", "1", "2", "½", "b", "٣", "٣", "Ⅷ", " a"]);
    expect(tokens(false, "a12½b٣٣Ⅷ a")).toEqual(["a", "12½", "b", "٣٣Ⅷ", " a"]);
  });

  it("is otherwise as it was", () => {
    const json = { model: { type: "BPE" }, pre_tokenizer: { type: "ByteLevel", use_regex: true } };
    expect(forJavaScript(json)).toEqual(json);
    expect(forJavaScript({ pre_tokenizer: null })).toEqual({ pre_tokenizer: null });
  });
});

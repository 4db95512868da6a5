import { describe, expect, it } from "vitest";
import { bytesInMemory } from "../../../src/engine/files/byte-source.js";
import { readGguf } from "../../../src/engine/files/gguf.js";
import { readGgufTokenizer } from "../../../src/engine/loading/gguf-tokenizer.js";
import { pretrainedTokenizer } from "../../../src/engine/model/pretrained-tokenizer.js";
import { ggufTokens, json } from "./fixtures.js";
import { type Written, writeGguf } from "./gguf-writer.js";

const manifestOf = (written: Readonly<Record<string, Written>>) =>
  readGguf(bytesInMemory(writeGguf(written, {}))).metadata;

const tokenizerOf = async (written: Readonly<Record<string, Written>>) => {
  const { json: tokenizer, tokens, bos, ends } = readGgufTokenizer(manifestOf(written));
  const ids = tokens.length;
  return pretrainedTokenizer({ json: tokenizer, config: {}, ids, bos, ends, template: null });
};

const sentencePiece = json("sentencepiece-bpe.json");
const scored: Readonly<Record<string, Written>> = {
  "tokenizer.ggml.model": { text: "llama" },
  "tokenizer.ggml.tokens": { texts: sentencePiece.tokens },
  "tokenizer.ggml.scores": { f32s: sentencePiece.scores },
  "tokenizer.ggml.token_type": { i32s: sentencePiece.token_type },
  "tokenizer.ggml.bos_token_id": { u32: 1 },
  "tokenizer.ggml.eos_token_id": { u32: 2 },
  "tokenizer.ggml.unknown_token_id": { u32: 0 },
};

describe("a GGUF file's byte-level BPE", () => {
  const { texts, ids } = json("byte-level-bpe.json");

  it.each([
    "gpt-2",
    "smollm",
    "llama-bpe",
    "qwen2",
  ])("splits as %s and gives Rust tokenizers' ids", async (pre) => {
    const tokenizer = await tokenizerOf(ggufTokens(pre));
    const got = texts.map((text: string) => [...tokenizer.encode(text)]);
    expect(got).toEqual(ids[pre]);
    expect(tokenizer.ends).toEqual([0]);
    for (const text of texts) {
      if (pre !== "qwen2") expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  it("knows special tokens in a text, and puts BOS before a prompt where the file says so", async () => {
    const plain = await tokenizerOf(ggufTokens("gpt-2"));
    expect([...plain.encode("<|begin|>a<|end|>")]).toEqual([1, ...plain.encode("a"), 0]);
    expect([...plain.prompt("a")]).toEqual([...plain.encode("a")]);
    const adds = await tokenizerOf({
      ...ggufTokens("gpt-2"),
      "tokenizer.ggml.add_bos_token": { bool: true },
    });
    expect([...adds.prompt("a")]).toEqual([1, ...plain.encode("a")]);
    expect([...adds.prompt("")]).toEqual([1]);
    expect([...adds.encode("a")]).toEqual([...plain.encode("a")]);
  });

  it("ends an answer also at the end of a turn", () => {
    const { tokens } = json("byte-level-bpe.json");
    const named = tokens.with(1, "<|im_end|>");
    const read = readGgufTokenizer(
      manifestOf({
        ...ggufTokens("qwen2"),
        "tokenizer.ggml.tokens": { texts: named },
        "tokenizer.ggml.eot_token_id": { u32: 5 },
      }),
    );
    expect([...read.ends].sort()).toEqual([0, 1, 5]);
  });
});

describe("a GGUF file's BPE by scores", () => {
  it("gives SentencePiece's ids, and its texts back", async () => {
    const tokenizer = await tokenizerOf(scored);
    const { texts, ids, back } = sentencePiece;
    texts.forEach((text: string, i: number) => {
      expect([...tokenizer.encode(text)], text).toEqual(ids[i]);
      expect(tokenizer.decode(ids[i])).toBe(back[i]);
    });
    expect([...tokenizer.prompt("a")]).toEqual([1, ...tokenizer.encode("a")]);
  });
});

describe("a GGUF file whose tokens can't be used", () => {
  it.each<[string, Readonly<Record<string, Written>>, string]>([
    [
      "another kind",
      { "tokenizer.ggml.model": { text: "bert" } },
      "its tokenizer.ggml.model is bert, which is not supported",
    ],
    ["another splitting", { "tokenizer.ggml.pre": { text: "tekken" } }, "its tokenizer.ggml.pre is tekken"],
    [
      "merges that are numbers",
      { "tokenizer.ggml.merges": { i32s: [1] } },
      "its tokenizer.ggml.merges is not a list of strings",
    ],
    [
      "an end that is no token",
      { "tokenizer.ggml.eos_token_id": { u32: 99_999 } },
      "its tokenizer.ggml.eos_token_id, 99999, is not a token",
    ],
    [
      "tokens that are no list",
      { "tokenizer.ggml.tokens": { text: "a" } },
      "it has no tokenizer.ggml.tokens",
    ],
  ])("(%s) is refused, the key named", (_, change, message) => {
    expect(() => readGgufTokenizer(manifestOf({ ...ggufTokens("qwen2"), ...change }))).toThrow(message);
  });
});

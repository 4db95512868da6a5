import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openModel } from "../../../src/engine/loading/open-model.js";
import { ChatTemplateError } from "../../../src/engine/model/model-tokenizer.js";
import { pretrainedTokenizer } from "../../../src/engine/model/pretrained-tokenizer.js";
import { fixture, json } from "../loading/fixtures.js";

const opened = await openModel(fixture("qwen2"), { maxModelLen: null, kvTokens: null }, 2 ** 30);
const { tokenizer } = opened.model;
opened.close();
const expected = json("qwen2/tokens.json");
const ASK = { addGenerationPrompt: true, more: {} };

describe("a model's own tokenizer", () => {
  it("gives Rust tokenizers' ids", () => {
    const got = expected.texts.map((text: string) => [...tokenizer.encode(text)]);
    expect(got).toEqual(expected.ids);
  });

  it("renders a chat as Jinja does, and gives its ids", () => {
    const ids = tokenizer.chat(expected.messages, ASK);
    expect([...ids]).toEqual(expected.chat_ids);
    expect(tokenizer.decode(ids)).toBe(expected.rendered);
    const open = tokenizer.chat(expected.messages, { ...ASK, addGenerationPrompt: false });
    expect(ids.length).toBeGreaterThan(open.length);
    expect(ids.subarray(0, open.length)).toEqual(open);
  });

  it("says that there is no chat template, or what it says to the messages", async () => {
    const facts = { json: json("qwen2/tokenizer.json"), config: {}, ids: 320, bos: 1, ends: [0] };
    const base = await pretrainedTokenizer({ ...facts, template: null });
    expect(() => base.chat(expected.messages, ASK)).toThrow(ChatTemplateError);
  });

  it("has a text for every id, also for those no token has", () => {
    expect(tokenizer.ids).toBe(320);
    expect(tokenizer.word(0)).toBe("<|end|>");
    expect(tokenizer.word(319_999)).toBe("");
    expect(tokenizer.decode([319_999])).toBe("");
    expect(tokenizer.decode([])).toBe("");
  });

  it("spells an answer as its ids' text, without special tokens, whatever bytes a token ends at", () => {
    const ids = fc.array(fc.integer({ min: 0, max: 319 }), { maxLength: 40 });
    fc.assert(
      fc.property(ids, (answer) => {
        const speller = tokenizer.speller();
        const pieces = [...answer.map((id) => speller.add(id)), speller.end()];
        expect(pieces.join("")).toBe(tokenizer.decode(answer.filter((id) => id > 1)));
      }),
    );
    const text = "今天 🌍 naïve";
    const speller = tokenizer.speller();
    const told = [...tokenizer.encode(text)].map((id) => speller.add(id));
    expect(told.join("")).toBe(text);
    expect(told.every((piece) => !piece.includes("\ufffd"))).toBe(true);
  });
});

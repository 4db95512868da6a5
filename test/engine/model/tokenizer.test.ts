import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../../src/engine/model/model.js";
import { Tokenizer } from "../../../src/engine/model/tokenizer.js";
import { golden } from "../support.js";

const { words } = loadModel("tiny");
const tokenizer = new Tokenizer(words, 1343);
const encode = (text: string) => [...tokenizer.encode(text)];

describe("the tokenizer", () => {
  it("gives the golden file's words their ids", () => {
    for (const { chunks, text } of golden) {
      chunks.forEach((chunk, i) => {
        expect(encode(text[i]!)).toEqual(chunk);
        expect(tokenizer.decode(chunk)).toBe(text[i]);
      });
    }
  });

  it("splits words and signs, whatever the case and the space between", () => {
    expect(encode("What?")).toEqual(encode("what ?"));
    expect(encode("##the")).toEqual(encode("## the"));
    expect(encode("###")).toEqual(encode("## #"));
    expect(encode(" # # ")).toHaveLength(2);
  });

  it("knows the special tokens by name", () => {
    expect(encode("<bos><eos>")).toEqual([tokenizer.bos, tokenizer.eos]);
  });

  it("cuts words longer than 16 characters, never inside a character", () => {
    expect(encode("a".repeat(33))).toHaveLength(3);
    expect(encode("𝒳".repeat(17))).toHaveLength(2);
  });

  const text = fc.string({ unit: "grapheme", maxLength: 80 });

  it("gives ids below its size, the same every time", () => {
    fc.assert(
      fc.property(text, (some) => {
        const ids = encode(some);
        expect(ids.every((id) => id >= 0 && id < tokenizer.ids)).toBe(true);
        expect(encode(some)).toEqual(ids);
      }),
    );
  });

  it("tokenises texts joined at a space like each by itself", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(encode(`${a} ${b}`)).toEqual([...encode(a), ...encode(b)]);
      }),
    );
  });

  it("gives every id a text that is not empty and encodes to it", () => {
    const all = Array.from({ length: tokenizer.ids }, (_, id) => id);
    expect(all.every((id) => tokenizer.word(id).length > 0)).toBe(true);
    expect(encode(tokenizer.decode(all))).toEqual(all);
  });
});

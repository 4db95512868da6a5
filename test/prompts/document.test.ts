import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DocumentError } from "../../src/domain/errors/errors.js";
import {
  BUNDLED_DOCUMENT,
  cutDocument,
  documentChat,
  fillWithDocument,
  readDocument,
} from "../../src/prompts/document.js";
import { wordCounter } from "../support/word-counter.js";

const folder = mkdtempSync(join(tmpdir(), "documents-"));
const file = (name: string, bytes: string | Buffer) => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

describe("readDocument", () => {
  it("gives the text of a UTF-8 file, without its byte order mark", () => {
    expect(readDocument(file("good.txt", "\ufeffà la carte"))).toBe("à la carte");
  });

  it.each([
    ["a missing file", join(folder, "none.txt"), "there is no such file"],
    ["a folder", folder, "it is a folder"],
    ["an empty file", file("empty.txt", " \n"), "is empty"],
    ["a binary file", file("binary.txt", Buffer.from([80, 75, 0, 1])), "is binary"],
    ["a Latin-1 file", file("latin1.txt", Buffer.from("caf\u00e9", "latin1")), "is not UTF-8"],
  ])("refuses %s with its path and the reason", (_, path, reason) => {
    expect(() => readDocument(path)).toThrow(DocumentError);
    expect(() => readDocument(path)).toThrow(reason);
    expect(() => readDocument(path)).toThrow(path);
  });
});

describe("the bundled document", () => {
  it("is a guide to ffmpeg of at least 4,000 words", () => {
    const text = readDocument(BUNDLED_DOCUMENT);
    expect(text).toContain("ffmpeg -i");
    expect(text.split(/\s+/).length).toBeGreaterThanOrEqual(4_000);
  });
});

describe("cutDocument", () => {
  it("leaves a short document alone and cuts a long one to the budget", async () => {
    expect(await cutDocument("one two three", wordCounter, 3)).toEqual({
      text: "one two three",
      tokens: 3,
      repeats: 1,
      truncated: false,
    });
    expect(await cutDocument("one two three", wordCounter, 2)).toEqual({
      text: "one two",
      tokens: 2,
      repeats: 1,
      truncated: true,
    });
  });
});

describe("fillWithDocument", () => {
  it("repeats a document under numbered headings until the budget is full", async () => {
    const filled = await fillWithDocument("one two three", wordCounter, 12);
    expect(filled.repeats).toBe(4);
    expect(filled.tokens).toBe(12);
    expect(filled.text).toBe("Part 1 of 4\n\none two three\n\nPart 2 of 4\n\none");
  });

  it("only cuts a document that is long enough by itself", async () => {
    expect((await fillWithDocument("one two three", wordCounter, 2)).text).toBe("one two");
  });
});

it("hands the document over in the seed's words and asks last", () => {
  expect(documentChat("D", "Q")).toEqual([
    { role: "user", content: "I've got a document:\n```\nD\n```" },
    { role: "assistant", content: "I've got your document." },
    { role: "user", content: "Q" },
  ]);
});

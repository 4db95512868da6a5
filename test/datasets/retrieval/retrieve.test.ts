import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../../src/datasets/load-dataset.js";
import { readDocuments } from "../../../src/datasets/retrieval/documents.js";
import { retrieveContexts } from "../../../src/datasets/retrieval/retrieve.js";
import type { Example } from "../../../src/domain/records/example.js";
import { fileWriter, temporaryFolder } from "../../support/temporary-files.js";

const folder = temporaryFolder();
const write = fileWriter(folder);
const question = (input: string): Example => ({
  example_id: input,
  dataset: "mine",
  task: "question answering",
  passages: [{ title: null, text: "its own" }],
  input,
  references: ["yes"],
});

describe("retrieveContexts", () => {
  it("ranks chunks as BM25 does", async () => {
    // By hand, k 1.2, b 0.75: of one rare word, the shorter chunk first; of two words, the chunk that has both.
    const lines = ["river mill", "the river of the long and winding valley", "mill stone", "nothing of it"];
    const documents = write(
      "ranked.jsonl",
      lines.map((text, at) => JSON.stringify({ id: `d${at}`, text })).join("\n"),
    );
    const [both, one] = await retrieveContexts([question("river mill?"), question("river")], { documents });
    expect(both!.retrieved).toEqual(["d0:1", "d2:1", "d1:1"]);
    expect(one!.retrieved).toEqual(["d0:1", "d1:1"]);
    expect(one!.passages.map(({ text }) => text)).toEqual([lines[0], lines[1]]);
  });

  it("gives as many chunks as were asked for, none longer than was said, named by document and place", async () => {
    const documents = write("long.txt", "The ferry crossed the river at Mossgill. ".repeat(200));
    const [example] = await retrieveContexts([question("Where did the ferry cross?")], {
      documents,
      retrieve: 3,
      chunkTokens: 64,
    });
    expect(example!.passages).toHaveLength(3);
    for (const { text } of example!.passages) expect(text.length).toBeLessThanOrEqual(64 * 4);
    for (const id of example!.retrieved!) expect(id).toMatch(/long\.txt:\d+$/);
  });

  it("reads a folder's texts and JSONL at any depth, and no other files", async () => {
    mkdirSync(join(folder, "docs", "deep"), { recursive: true });
    write("docs/a.md", "# A\nOne.");
    write("docs/deep/b.jsonl", '{"contents":"Two."}\n{"title":"t","text":"Three."}\n');
    write("docs/c.pdf", "%PDF");
    expect(await readDocuments(join(folder, "docs"))).toEqual([
      { id: "a.md", text: "# A\nOne." },
      { id: `${join("deep", "b.jsonl")}#1`, text: "Two." },
      { id: "t", text: "Three." },
    ]);
  });

  it.each([
    ["no such place", () => join(folder, "none"), "There are no documents"],
    ["an empty folder", () => join(folder, "empty"), "holds no documents"],
    ["a line without a text", () => write("bad.jsonl", '{"text":"a"}\n{"body":"b"}\n'), "item 2"],
    [
      "documents without a word of the question",
      () => write("other.txt", "Nothing."),
      "has a word of the question",
    ],
  ])("refuses %s", async (_, path, message) => {
    mkdirSync(join(folder, "empty"), { recursive: true });
    await expect(retrieveContexts([question("river")], { documents: path() })).rejects.toThrow(message);
  });

  it("refuses what are no questions", async () => {
    const documents = write("any.txt", "river");
    const news = await loadDataset("multinews");
    await expect(retrieveContexts(news, { documents })).rejects.toThrow("must be questions");
  });
});

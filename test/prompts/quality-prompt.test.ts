import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../src/datasets/load-dataset.js";
import { storyPassages } from "../../src/datasets/schemas/story.js";
import { wholePrompt } from "../../src/domain/records/chunked-prompt.js";
import type { Example } from "../../src/domain/records/example.js";
import { WORDINGS } from "../../src/domain/records/words.js";
import {
  answerOf,
  DEFAULT_METRIC,
  MAX_OUTPUT_TOKENS,
  metricOf,
  outputTokensOf,
  qualityPrompt,
} from "../../src/prompts/quality-prompt.js";

const file = (name: string) => new URL(`../../datasets/${name}`, import.meta.url).pathname;

/** LongBench @2e00731, config/dataset2prompt.json: the six templates, copied (MIT). */
const templates = JSON.parse(
  readFileSync(new URL("../fixtures/datasets/longbench-prompts.json", import.meta.url), "utf8"),
) as Record<string, string>;

/** LongBench's `prompt_format.format(**json_obj)`, pred.py. */
const format = (template: string, item: Readonly<Record<string, unknown>>) =>
  template.replace(/\{(\w+)\}/g, (_, key: string) => String(item[key]));

const passages = [
  { title: "Pell", text: "A town.\nBy the sea." },
  { title: null, text: "Only text." },
];
const question: Example = {
  example_id: "q",
  dataset: "2wikimqa",
  task: "question answering",
  passages,
  input: "Where is Pell",
  references: ["By the sea"],
};
const dialogue: Example = {
  example_id: "d",
  dataset: "samsum",
  task: "dialogue summary",
  passages: [
    { title: null, text: "Dialogue: A: hi\nSummary: A greets.\n" },
    { title: null, text: "Dialogue: B: bye\nSummary: B leaves." },
  ],
  input: "C: so?",
  references: ["C asks."],
};
const news: Example = { ...question, dataset: "multinews", task: "news summary", input: "" };

describe("LongBench's wording", () => {
  it.each([
    "2wikimqa-sample-longbench.jsonl",
    "samsum-sample-longbench.jsonl",
  ])("is LongBench's whole prompt, character for character, for every item of %s", async (name) => {
    const items = readFileSync(file(name), "utf8").trim().split("\n");
    const examples = await loadDataset(file(name));
    expect(examples).toHaveLength(items.length);
    for (const [index, example] of examples.entries()) {
      const item = JSON.parse(items[index]!) as Record<string, unknown>;
      const prompt = qualityPrompt(example, "longbench");
      expect(wholePrompt(prompt)).toBe(format(templates[item.dataset as string]!, item));
      expect(prompt.chunks).toHaveLength(example.passages.length);
    }
  });

  it("is LongBench's for a story, whose pieces are it again", () => {
    const context = `\n${"Once there was a ferry. ".repeat(300)}\n\nThe end.\n`;
    const story: Example = { ...question, task: "story question", passages: storyPassages(context) };
    const prompt = qualityPrompt(story, "longbench");
    expect(prompt.chunks.length).toBeGreaterThan(3);
    expect(wholePrompt(prompt)).toBe(format(templates.narrativeqa!, { context, input: story.input }));
    expect(qualityPrompt(story, "cacheblend")).toEqual(prompt);
    expect(wholePrompt(qualityPrompt(story, "bare"))).toBe(`${context}\n\n${story.input}`);
  });

  it("is LongBench's for articles too, whose passages are parted by one line break", () => {
    const texts = passages.map(({ text }, index) => ({
      title: null,
      text: index === 0 ? `${text}\n` : text,
    }));
    const context = "Passage 1:\nA town.\nBy the sea.\nPassage 2:\nOnly text.";
    expect(wholePrompt(qualityPrompt({ ...news, passages: texts }, "longbench"))).toBe(
      format(templates.multi_news!, { context }),
    );
  });

  it("parts the passages of other files as LongBench does", () => {
    const context = "Passage 1:\nPell\nA town.\nBy the sea.\n\nPassage 2:\nOnly text.";
    expect(wholePrompt(qualityPrompt(question, "longbench"))).toBe(
      format(templates["2wikimqa"]!, { context, input: "Where is Pell" }),
    );
  });
});

// Written out by hand from the scripts' format strings (CacheBlend @55ad026, example/).
describe("CacheBlend's wording", () => {
  it("is blend_wikimqa.py's", () => {
    expect(qualityPrompt(question, "cacheblend")).toEqual({
      prefix:
        "[INST] Answer the question based on the given passages. Only give me the answer and do not output any other words.\n\nThe following are given passages.\n",
      chunks: ["Pell\n\nA town.\nBy the sea.\n\n", "\n\nOnly text.\n\n"],
      question:
        "\n\nAnswer the question based on the given passages. Answer the question within 5 words. Do NOT repeat the question or output any other words. Question: where is Pell?\nAnswer: [/INST]",
    });
  });

  // The scripts put Mistral's ids of "[INST]" and "[/INST]" around a bare prompt: 733 16289 28793, 733 28748 16289 28793.
  it("leaves the instruction marks to the model's own template in a chat", () => {
    const bare = qualityPrompt(question, "cacheblend");
    const chat = qualityPrompt(question, "cacheblend", "chat");
    expect(chat.format).toBe("chat");
    expect(`[INST] ${wholePrompt(chat)} [/INST]`).toBe(wholePrompt(bare));
    expect(wholePrompt(qualityPrompt(dialogue, "cacheblend"))).not.toContain("INST]");
  });

  it("is blend_musique.py's for MuSiQue", () => {
    const prompt = qualityPrompt({ ...question, dataset: "musique", input: "Where is Pell?" }, "cacheblend");
    expect(prompt.prefix).toBe(
      "[INST] You will be asked a question after reading several passages. Please directly answer the question based on the given passages. Do NOT repeat the question. The answer should be within 5 words..\nPassages:\n",
    );
    expect(prompt.question).toBe(
      "\n\nAnswer the question directly based on the given passages. Do NOT repeat the question. The answer should be within 5 words. \nQuestion:where is Pell?\nAnswer: [/INST]",
    );
  });

  it("is blend_samsum.py's", () => {
    expect(qualityPrompt(dialogue, "cacheblend")).toEqual({
      prefix: "Summarize the dialogue into a few short sentences. The following are some examples.\n\n",
      chunks: ["Dialogue: A: hi\nSummary: A greets.\n", "Dialogue: B: bye\nSummary: B leaves."],
      question: "\n\nDialogue: C: so?\nSummary: ",
    });
  });
});

describe("the plain wording", () => {
  it("is the default, asks plainly, and keeps chunks apart", () => {
    for (const example of [question, dialogue, news]) {
      const prompt = qualityPrompt(example);
      expect(prompt).toEqual(qualityPrompt(example, "plain"));
      expect(prompt.chunks.every((chunk) => chunk.endsWith("\n\n") && !chunk.startsWith("\n"))).toBe(true);
    }
    expect(
      wholePrompt(qualityPrompt(question)),
    ).toBe(`Read the passages and answer the question that follows them.

Pell
A town.
By the sea.

Only text.

Answer in as few words as you can, with nothing but the answer.
Question: Where is Pell
Answer:`);
    expect(
      wholePrompt(qualityPrompt(dialogue)),
    ).toBe(`Summarize the last dialogue in one or two short sentences, as the examples do.

Dialogue: A: hi
Summary: A greets.

Dialogue: B: bye
Summary: B leaves.

Dialogue: C: so?
Summary:`);
    expect(wholePrompt(qualityPrompt(news))).toBe(`Read these news articles on one event.

Article: A town.
By the sea.

Article: Only text.

Write one summary of all the articles.
Summary:`);
  });
});

describe("the bare wording", () => {
  it("is the context, a blank line and the question", () => {
    expect(wholePrompt(qualityPrompt(question, "bare"))).toBe(
      "Passage 1:\nPell\nA town.\nBy the sea.\n\nPassage 2:\nOnly text.\n\nWhere is Pell",
    );
  });

  it("asks for a summary where there is no question", () => {
    expect(wholePrompt(qualityPrompt(dialogue, "bare"))).toBe("C: so?\n\nSummarize:");
    expect(wholePrompt(qualityPrompt(news, "bare"))).toMatch(/Only text\.\n\nSummarize:$/);
  });

  it("gives every answer 100 tokens and scores with set F1 and stemmed ROUGE-L", () => {
    for (const { task } of [question, dialogue, news]) {
      expect(outputTokensOf(task, "bare")).toBe(100);
      expect(outputTokensOf(task, "plain")).toBe(MAX_OUTPUT_TOKENS[task]);
      expect(metricOf(task, "bare")).toBe(task === "question answering" ? "set_f1" : "rougeL_stemmed");
      expect(metricOf(task, "longbench")).toBe(DEFAULT_METRIC[task]);
    }
  });
});

describe("the prompt of multihop", () => {
  it("is the tiny model's language, one token a word, whatever the wording", async () => {
    const [example] = await loadDataset("multihop", { samples: 1 });
    for (const wording of WORDINGS) {
      const { prefix, chunks, question } = qualityPrompt(example!, wording);
      expect(prefix).toBe("");
      expect(chunks.every((chunk) => chunk.startsWith("## ") && chunk.endsWith(" . "))).toBe(true);
      expect(question).toMatch(
        /^question : what [mf]\d+ last\d+ (born|works|plays|owns|speaks) \? answer :$/,
      );
    }
  });
});

describe("what belongs to a task", () => {
  it("is how long the answer may be, and how it is scored", () => {
    expect(MAX_OUTPUT_TOKENS).toEqual({
      "question answering": 32,
      "story question": 128,
      needle: 32,
      "dialogue summary": 128,
      "news summary": 512,
    });
    expect(DEFAULT_METRIC).toEqual({
      "question answering": "token_f1",
      "story question": "token_f1",
      needle: "string_match",
      "dialogue summary": "rougeL",
      "news summary": "rougeL",
    });
  });

  it("is that only the first line of a dialogue's summary is scored", () => {
    expect(answerOf("\n\nA greets. \nDialogue: X: more", "dialogue summary")).toBe("A greets. ");
    expect(answerOf("", "dialogue summary")).toBe("");
    expect(answerOf("\n one\ntwo", "question answering")).toBe("\n one\ntwo");
    expect(answerOf("one\ntwo", "news summary")).toBe("one\ntwo");
  });
});

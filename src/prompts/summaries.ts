import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import type { Example } from "../domain/records/example.js";
import type { Wording } from "../domain/records/words.js";
import { numberedPassages } from "./question-answering.js";

/** LongBench's and CacheBlend's instruction is the same. */
const PUBLISHED = "Summarize the dialogue into a few short sentences. The following are some examples.\n\n";
const PLAIN = "Summarize the last dialogue in one or two short sentences, as the examples do.\n\n";

/**
 * The prompt of a dialogue to summarise after solved ones, one chunk a solved dialogue.
 *
 * LongBench's and CacheBlend's are the same text: chunks that bring no line break at their end are given one. The bare
 * wording has no solved dialogues: its context is the dialogue itself.
 *
 * Sources: LongBench `config/dataset2prompt.json`, `samsum`; CacheBlend @55ad026 `example/blend_samsum.py` and
 * `build_fewshot_prompt` of `example/utils.py`.
 */
export function dialogueSummaryPrompt({ passages, input }: Example, wording: Wording): ChunkedPrompt {
  if (wording === "plain") {
    return {
      prefix: PLAIN,
      chunks: passages.map(({ text }) => `${text.trim()}\n\n`),
      question: `Dialogue: ${input}\nSummary:`,
    };
  }
  if (wording === "bare") return { prefix: "", chunks: [input], question: "\n\nSummarize:" };
  return {
    prefix: PUBLISHED,
    chunks: passages.map(({ text }, index) =>
      index === passages.length - 1 || text.endsWith("\n") ? text : `${text}\n`,
    ),
    question: `\n\nDialogue: ${input}\nSummary: `,
  };
}

/**
 * The prompt for a summary of several articles, one chunk per article.
 *
 * CacheBlend's repository has no script for Multi-News, so LongBench's wording is used.
 *
 * Source: LongBench `config/dataset2prompt.json`, `multi_news`.
 */
export function newsSummaryPrompt({ passages }: Example, wording: Wording): ChunkedPrompt {
  if (wording === "plain") {
    return {
      prefix: "Read these news articles on one event.\n\n",
      chunks: passages.map(({ text }) => `Article: ${text.trim()}\n\n`),
      question: "Write one summary of all the articles.\nSummary:",
    };
  }
  if (wording === "bare") {
    return { prefix: "", chunks: numberedPassages(passages, "\n"), question: "\n\nSummarize:" };
  }
  return {
    prefix: "You are given several news passages. Write a one-page summary of all news. \n\nNews:\n",
    chunks: numberedPassages(passages, "\n"),
    question: "\n\nNow, write a one-page summary of all the news.\n\nSummary:",
  };
}

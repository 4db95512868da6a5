import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import type { Example } from "../domain/records/example.js";
import { numberedPassages } from "./question-answering.js";
import type { Wording } from "./wording.js";

/**
 * The prompt of a summary of several articles, one chunk an article.
 *
 * CacheBlend's repository has no script for Multi-News; its wording is LongBench's here.
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

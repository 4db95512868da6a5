import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import type { Example } from "../domain/records/example.js";
import type { Wording } from "../domain/records/words.js";

/** LongBench's own words, with its missing space. */
const ASKED = "asconcisely as you can, using a single phrase if possible. Do not provide any explanation.";

/**
 * The prompt of a question on a story, one chunk a piece of the story; joined, they are the story.
 *
 * CacheBlend's repository has no script for stories; its wording is LongBench's here.
 *
 * Source: LongBench `config/dataset2prompt.json`, `narrativeqa`.
 */
export function storyQuestionPrompt({ passages, input }: Example, wording: Wording): ChunkedPrompt {
  const chunks = passages.map(({ text }) => text);
  if (wording === "bare") return { prefix: "", chunks, question: `\n\n${input}` };
  if (wording === "plain") {
    return {
      prefix: "Read the story and answer the question that follows it.\n\n",
      chunks,
      question: `\n\nAnswer in as few words as you can, with nothing but the answer.\nQuestion: ${input}\nAnswer:`,
    };
  }
  return {
    prefix: `You are given a story, which can be either a novel or a movie script, and a question. Answer the question ${ASKED}\n\nStory: `,
    chunks,
    question: `\n\nNow, answer the question based on the story ${ASKED}\n\nQuestion: ${input}\n\nAnswer:`,
  };
}

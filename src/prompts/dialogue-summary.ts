import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import type { Example } from "../domain/records/example.js";
import type { Wording } from "./wording.js";

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

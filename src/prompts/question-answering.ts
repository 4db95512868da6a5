import { own } from "../domain/json.js";
import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import type { Example } from "../domain/records/example.js";
import type { PromptFormat, Wording } from "../domain/records/words.js";

/**
 * The prompt of a question on passages, one chunk a passage.
 *
 * Sources: LongBench `config/dataset2prompt.json`, `2wikimqa` and `musique` (one text); CacheBlend @55ad026
 * `example/blend_wikimqa.py`, `example/blend_musique.py` and `build_qa_prompt` of `example/utils.py`.
 */
export function questionAnsweringPrompt(
  example: Example,
  wording: Wording,
  format: PromptFormat,
): ChunkedPrompt {
  if (example.dataset === "multihop") return multihop(example);
  return ASKED[wording](example, format);
}

const ASKED: Readonly<Record<Wording, (example: Example, format: PromptFormat) => ChunkedPrompt>> = {
  plain,
  longbench,
  cacheblend,
  bare: ({ passages, input }) => ({
    prefix: "",
    chunks: numberedPassages(passages, "\n\n"),
    question: `\n\n${input}`,
  }),
};

function plain({ passages, input }: Example): ChunkedPrompt {
  return {
    prefix: "Read the passages and answer the question that follows them.\n\n",
    chunks: passages.map(({ title, text }) => `${title === null ? "" : `${title}\n`}${text.trim()}\n\n`),
    question: `Answer in as few words as you can, with nothing but the answer.\nQuestion: ${input}\nAnswer:`,
  };
}

function longbench({ passages, input }: Example): ChunkedPrompt {
  const instruction =
    "Answer the question based on the given passages. Only give me the answer and do not output any other words.";
  return {
    prefix: `${instruction}\n\nThe following are given passages.\n`,
    chunks: numberedPassages(passages, "\n\n"),
    question: `\n\n${instruction}\n\nQuestion: ${input}\nAnswer:`,
  };
}

/** The texts of LongBench's own files bring the line breaks between passages; those of others are given them. */
export function numberedPassages(passages: Example["passages"], between: string): string[] {
  return passages.map(({ title, text }, index) => {
    const isLast = index === passages.length - 1;
    const end = isLast || text.endsWith("\n") ? "" : between;
    return `Passage ${index + 1}:\n${title === null ? "" : `${title}\n`}${text}${end}`;
  });
}

/**
 * MuSiQue has words of its own in the published scripts; every other dataset has 2WikiMultihopQA's.
 *
 * The scripts post a bare text with Mistral's instruction marks around it; in a chat the model's own template stands there.
 */
function cacheblend({ dataset, passages, input }: Example, format: PromptFormat): ChunkedPrompt {
  const [prefix, asks] = own(CACHEBLEND, dataset) ?? CACHEBLEND["2wikimqa"]!;
  const [begin, end] = format === "chat" ? ["", ""] : ["[INST] ", " [/INST]"];
  return {
    prefix: `${begin}${prefix}`,
    chunks: passages.map(({ title, text }) => `${title ?? ""}\n\n${text}\n\n`),
    question: `${asks}${normalised(input)}\nAnswer:${end}`,
  };
}

const CACHEBLEND: Readonly<Record<string, readonly [prefix: string, asks: string]>> = {
  "2wikimqa": [
    "Answer the question based on the given passages. Only give me the answer and do not output any other words.\n\nThe following are given passages.\n",
    "\n\nAnswer the question based on the given passages. Answer the question within 5 words. Do NOT repeat the question or output any other words. Question: ",
  ],
  musique: [
    "You will be asked a question after reading several passages. Please directly answer the question based on the given passages. Do NOT repeat the question. The answer should be within 5 words..\nPassages:\n",
    "\n\nAnswer the question directly based on the given passages. Do NOT repeat the question. The answer should be within 5 words. \nQuestion:",
  ],
};

/** CacheBlend's `normalize_question`: a question mark at the end, a small letter at the beginning. */
function normalised(question: string): string {
  const asked = question.endsWith("?") ? question : `${question}?`;
  return asked.charAt(0).toLowerCase() + asked.slice(1);
}

/** The embedded tiny model knows no other words than its language's, so every wording is this one. */
function multihop({ passages, input }: Example): ChunkedPrompt {
  return {
    prefix: "",
    chunks: passages.map(({ text }) => `${text} `),
    question: `question : ${input} answer :`,
  };
}

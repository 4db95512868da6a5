import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import type { Example, Task } from "../domain/records/example.js";
import type { PromptFormat, Wording } from "../domain/records/words.js";
import { questionAnsweringPrompt } from "./question-answering.js";
import { storyQuestionPrompt } from "./story-question.js";
import { dialogueSummaryPrompt, newsSummaryPrompt } from "./summaries.js";

/** Output tokens each task is given; LongBench's `config/dataset2maxlen.json` and CacheBlend's scripts agree. */
export const MAX_OUTPUT_TOKENS: Readonly<Record<Task, number>> = {
  "question answering": 32,
  "story question": 128,
  needle: 32,
  "dialogue summary": 128,
  "news summary": 512,
};

/** What the bare wording gives every answer. */
const BARE_OUTPUT_TOKENS = 100;

/** The output tokens a task is given in a wording, unless others are asked for. */
export const outputTokensOf = (task: Task, wording: Wording): number =>
  wording === "bare" ? BARE_OUTPUT_TOKENS : MAX_OUTPUT_TOKENS[task];

/** The metric each task is scored with unless another is asked for. */
export const DEFAULT_METRIC = {
  "question answering": "token_f1",
  "story question": "token_f1",
  needle: "string_match",
  "dialogue summary": "rougeL",
  "news summary": "rougeL",
} as const satisfies Readonly<Record<Task, string>>;

const BARE_METRIC = {
  "question answering": "set_f1",
  "story question": "set_f1",
  needle: "string_match",
  "dialogue summary": "rougeL_stemmed",
  "news summary": "rougeL_stemmed",
} as const satisfies Readonly<Record<Task, string>>;

/** The metric a task is scored with in a wording, unless another is asked for. */
export const metricOf = (task: Task, wording: Wording) =>
  (wording === "bare" ? BARE_METRIC : DEFAULT_METRIC)[task];

const PROMPTS: Readonly<
  Record<Task, (example: Example, wording: Wording, format: PromptFormat) => ChunkedPrompt>
> = {
  "question answering": questionAnsweringPrompt,
  "story question": storyQuestionPrompt,
  needle: questionAnsweringPrompt,
  "dialogue summary": dialogueSummaryPrompt,
  "news summary": newsSummaryPrompt,
};

/** The prompt that asks for an example's answer, each of its passages a chunk that can be cached by itself. */
export function qualityPrompt(
  example: Example,
  wording: Wording = "plain",
  format: PromptFormat = "completions",
): ChunkedPrompt {
  const prompt = PROMPTS[example.task](example, wording, format);
  return format === "chat" ? { ...prompt, format } : prompt;
}

/**
 * The part of a model's output that is scored: of a dialogue summary the first line, of anything else all of it.
 *
 * Source: LongBench `eval.py`, `scorer`, and CacheBlend `example/blend_samsum.py`: `lstrip('\n').split('\n')[0]`.
 */
export function answerOf(output: string, task: Task): string {
  return task === "dialogue summary" ? output.replace(/^\n+/, "").split("\n", 1)[0]! : output;
}

/**
 * Where a task's answer is over: a dialogue summary after its first line, which alone is scored.
 *
 * Source: LongBench `pred.py`, whose dialogue summaries end at a line break.
 */
export const stopOf = (task: Task): readonly string[] | null => (task === "dialogue summary" ? ["\n"] : null);

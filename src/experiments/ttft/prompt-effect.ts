import { z } from "zod";
import { checkOptions, MOST_CONTEXT_TOKENS, mapOf } from "../../domain/errors/options.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { someText, wholeNumber } from "../option-fields.js";
import { type ColdAndWarmOptions, coldAndWarmFields, measureLogged } from "./ttft-sweep.js";

/** How much a cache saves for different questions about contexts of one length. */
export type PromptEffectOptions = ColdAndWarmOptions & {
  /** The prompts by the names of their kinds; default five kinds of question, in Chinese and English. */
  readonly prompts?: Readonly<Record<string, string>>;
  /** Tokens of the context before each prompt; default 4,000. */
  readonly contextTokens?: number;
};

/** Five kinds of question in two languages: those recommended by the benchmark that this command replaces. */
export const DEFAULT_PROMPTS: Readonly<Record<string, string>> = {
  "simple question": "这个文档主要讲了什么？",
  "summary in Chinese": "请用中文总结这个文档的主要内容",
  "question in English": "What is the main topic of this document?",
  "question about functions": "FFmpeg的主要功能有哪些？",
  "analysis of structure": "分析这个文档的结构和特点",
};

const schema = z.strictObject({
  ...coldAndWarmFields,
  prompts: mapOf(someText(), "must map kinds to prompts")
    .refine((prompts) => Object.keys(prompts).length > 0, "must name at least one prompt")
    .default({ ...DEFAULT_PROMPTS }),
  contextTokens: wholeNumber(16, MOST_CONTEXT_TOKENS).default(4_000),
});

/**
 * Measures every prompt cold and warm after contexts of one length, and returns the log's rows.
 *
 * @throws OptionError for a wrong option or a length above the model's limit; LogError if the log exists or can't be written;
 * ServerError if the server stops answering. What was measured stays in the log.
 * @example
 * const prompts = { summary: "Summarize this text.", fact: "When was FFmpeg begun?" };
 * const rows = await ttft.prompts.run({ server, prompts, log: "prompts.jsonl" });
 * rows[0].prompt_kind // "summary"
 */
export async function measurePromptEffect(options: PromptEffectOptions): Promise<readonly TtftRecord[]> {
  const checked = checkOptions(schema, options);
  const { prompts, contextTokens } = checked;
  const cells = Object.entries(prompts).map(([prompt_kind, prompt]) => ({
    context_target: contextTokens,
    prompt,
    prompt_kind,
  }));
  return measureLogged(checked, cells, { contextTokens, prompts });
}

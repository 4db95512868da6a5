import { max, min } from "d3-array";
import type { PromptCounts } from "../domain/records/cut-prompt.js";
import { formatCount, formatCounted } from "../tables/format.js";

const LONGER_CONTEXT =
  "Ollama: a larger num_ctx or OLLAMA_CONTEXT_LENGTH; llama.cpp: a larger -c, which the slots of -np share";

/** Why requests with cut prompts are excluded, and what to do; nothing of none. */
export function cutSentence(cut: readonly PromptCounts[]): string[] {
  if (cut.length === 0) return [];
  const { counted, contexts } = lengthsOf(cut);
  return [
    `The server cut the prompts of ${formatCounted(cut.length, "request")}, which are excluded: it counted ${counted} prompt ` +
      `tokens where the contexts alone have ${contexts}. Give it a longer context (${LONGER_CONTEXT}).`,
  ];
}

/** {@link cutSentence} in Chinese. */
export function cutSentenceZh(cut: readonly PromptCounts[]): string[] {
  if (cut.length === 0) return [];
  const { counted, contexts } = lengthsOf(cut);
  return [
    `服务器截断了 ${formatCount(cut.length)} 次请求的提示词，这些请求不计入任何数字：它只计到 ${counted} 个提示词 token，而上下文本身就有 ` +
      `${contexts} 个。请加大服务器的上下文（Ollama：num_ctx 或 OLLAMA_CONTEXT_LENGTH；llama.cpp：-c，由 -np 个槽位平分）。`,
  ];
}

function lengthsOf(cut: readonly PromptCounts[]) {
  const span = (values: readonly number[]) =>
    [...new Set([min(values) ?? 0, max(values) ?? 0])].map(formatCount).join("–");
  return {
    counted: span(cut.flatMap(({ prompt_tokens }) => prompt_tokens ?? [])),
    contexts: span(cut.flatMap(({ context_tokens }) => context_tokens ?? [])),
  };
}

import { group, max, min } from "d3-array";
import type { PromptCounts } from "../domain/records/cut-prompt.js";
import { type FirstToken, reasonsFirst } from "../domain/records/first-token.js";
import type { TimedRequest } from "../domain/records/record-kinds.js";
import type { Outcome } from "../domain/records/words.js";
import { formatCount, formatCounted } from "../tables/format.js";

const LONGER_CONTEXT =
  "Ollama: a larger num_ctx or OLLAMA_CONTEXT_LENGTH; llama.cpp: a larger -c, which the slots of -np share";

/** Why requests with cut prompts are excluded, and what to do; nothing if there are none. */
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

type Row = Pick<TimedRequest, "outcome" | "ttft_seconds"> & { readonly remark?: string | null };

/** A sentence about the answers that ended well without content, with the reasons; nothing if all have content. */
export function tokenlessNote(rows: readonly Row[]): string[] {
  const tokenless = rows.filter(({ outcome, ttft_seconds }) => outcome === "ok" && ttft_seconds === null);
  if (tokenless.length === 0) return [];
  const reasons = [...group(tokenless, ({ remark }) => remark ?? "")]
    .filter(([remark]) => remark !== "")
    .map(([remark, { length }]) => (length === tokenless.length ? remark : `${length} × ${remark}`));
  const why = reasons.length === 0 ? "." : `: ${reasons.join(" ")}`;
  return [`${tokenless.length} ended well without a content token, and so have no TTFT${why}`];
}

/** How many successful requests had reasoning first, how many of them had nothing else, and how many had no first token. */
export interface FirstTokenCounts {
  readonly reasoning: number;
  readonly onlyReasoning: number;
  readonly tokenless: number;
}

/** The name of a column for the other kind of first token. */
export const OTHER_TOKEN: Readonly<Record<FirstToken, string>> = { content: "any token", any: "content" };

/** How a sentence about methods names the first token. */
export const TO_FIRST: Readonly<Record<FirstToken, string>> = {
  content: "the first non-empty text",
  any: "the first token of any kind, reasoning or text",
};

/**
 * Says if reasoning came before the content, which of the two counts, and which requests therefore have no TTFT.
 *
 * @param hasBoth whether the table also has columns for the other kind.
 */
export function firstTokenNotes(
  { reasoning, onlyReasoning, tokenless }: FirstTokenCounts,
  firstToken: FirstToken,
  hasBoth = true,
): string[] {
  const began = `In ${formatCounted(reasoning, "request")} reasoning came before the content`;
  if (firstToken === "any") {
    return [
      ...(reasoning === 0
        ? []
        : [`${began}: TTFT counts to the reasoning${hasBoth ? ", “by content” to the first content" : ""}.`]),
      ...(tokenless === 0
        ? []
        : [`${formatCounted(tokenless, "request")} ended well without a token, and are excluded.`]),
    ];
  }
  const empty = tokenless - onlyReasoning;
  return [
    ...(reasoning === onlyReasoning
      ? []
      : [
          `${began}: TTFT counts to the content, ${
            hasBoth
              ? "“by any token” to the reasoning"
              : 'with --first_token any (firstToken: "any") to the reasoning'
          }.`,
        ]),
    ...(onlyReasoning === 0
      ? []
      : [
          `${formatCounted(onlyReasoning, "request")} had reasoning but no content, and so have no TTFT: allow more tokens with ` +
            '--max_tokens (maxTokens), or count the reasoning with --first_token any (firstToken: "any").',
        ]),
    ...(empty === 0
      ? []
      : [`${empty.toLocaleString("en-US")} ended well without a token of content, and are excluded.`]),
  ];
}

/** The same for the line below a chart's title; nothing if no reasoning came first. */
export function reasoningWords(
  rows: readonly (Parameters<typeof reasonsFirst>[0] & { readonly outcome: Outcome })[],
  firstToken: FirstToken,
): string {
  if (!rows.some((row) => row.outcome === "ok" && reasonsFirst(row))) return "";
  return firstToken === "any"
    ? "; to any first token, reasoning or content"
    : "; to the first content, before which reasoning came";
}

/** {@link firstTokenNotes} in Chinese. */
export function firstTokenNotesZh(
  { reasoning, onlyReasoning, tokenless }: FirstTokenCounts,
  firstToken: FirstToken,
): string[] {
  const count = (value: number) => value.toLocaleString("en-US");
  const empty = firstToken === "any" ? tokenless : tokenless - onlyReasoning;
  const counted =
    firstToken === "any"
      ? "TTFT 计到推理输出，“正文”列计到第一段正文"
      : "TTFT 计到第一段正文，“任意 token”列计到推理输出";
  return [
    ...(firstToken === "content" && reasoning === onlyReasoning
      ? []
      : reasoning === 0
        ? []
        : [`${count(reasoning)} 次请求先输出推理再输出正文：${counted}。`]),
    ...(firstToken === "any" || onlyReasoning === 0
      ? []
      : [
          `${count(onlyReasoning)} 次请求只有推理而没有正文，因此没有 TTFT：请用 --max_tokens（maxTokens）允许更多输出，` +
            '或用 --first_token any（firstToken: "any"）把推理计为第一个 token。',
        ]),
    ...(empty === 0 ? [] : [`${count(empty)} 次请求正常结束但没有输出内容，不计入中位数。`]),
  ];
}

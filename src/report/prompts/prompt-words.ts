import type { FirstToken } from "../../domain/records/first-token.js";
import type { Estimate } from "../../stats/interval.js";
import { estimateNote, estimateNoteZh, type LengthRow } from "../context-length.js";
import { EXTRA_WORDS } from "../extra-times.js";
import type { Counting, NamedCell, TtftCell } from "../ttft/ttft-cell.js";
import { ttftMethod, ttftNotes, whyNoMedian } from "../ttft/ttft-notes.js";
import { estimateZh, notesZh, whyNoMedianZh } from "./prompt-notes-zh.js";

/** The languages of a prompt table. */
export type PromptLanguage = "en" | "zh";

type Header = "label" | "kind" | "prompt" | "context" | "cold" | "warm" | "effect" | "rating";

/** What a prompt table says in one language. */
interface PromptWords
  extends Readonly<Record<Header | "excellent" | "good" | "fair" | "noKind" | "noneOther", string>> {
  /** The name of a kind of prompt; those that are asked by default have one in each language. */
  readonly kindName: (kind: string) => string;
  /** Why a state of a cell has no median; empty if it has one. */
  readonly whyNoMedian: (cell: TtftCell, state: "cold" | "warm") => string;
  /** The estimate with its reason in this language. */
  readonly estimate: (estimate: Estimate) => Estimate;
  readonly notes: (cells: readonly NamedCell[], counting: Counting) => string[];
  /** Whether, and how, lengths are estimates. */
  readonly estimateNote: (rows: readonly LengthRow[]) => string[];
  readonly method: (firstToken: FirstToken) => string;
  /** The names of the columns for the other kind of first token. */
  readonly other: Readonly<Record<FirstToken, Readonly<Record<"cold" | "warm" | "effect", string>>>>;
  /** Why a percentile is missing: it needs so many requests; and where no answer tells a time. */
  readonly needs: (p: number, requests: number) => string;
  readonly notTold: (title: string) => string;
  readonly verdict: (prompts: number, least: string, most: string) => string;
  readonly counts: (cold: string, warm: string) => string;
}

/** The prompts of the usual run by their kinds. */
const KINDS_ZH = new Map([
  ["simple question", "简单提问"],
  ["summary in Chinese", "中文总结"],
  ["question in English", "英文提问"],
  ["question about functions", "功能提问"],
  ["analysis of structure", "结构分析"],
]);

/** The words of a prompt table by language. */
export const PROMPT_WORDS: Readonly<Record<PromptLanguage, PromptWords>> = {
  en: {
    label: "label",
    kind: "prompt kind",
    prompt: "prompt",
    context: "context\n(tokens)",
    cold: "cold\nTTFT\nmedian",
    warm: "warm\nTTFT\nmedian",
    effect: "effect\n× [95 % CI]",
    rating: "rating",
    excellent: "excellent",
    good: "good",
    fair: "fair",
    noKind: "the log does not name the kind",
    noneOther: "no request with this kind of token",
    kindName: (kind) => kind,
    whyNoMedian,
    estimate: (estimate) => estimate,
    notes: (cells, counting) => ttftNotes(cells, counting, "Effect"),
    estimateNote,
    method: ttftMethod,
    other: {
      content: {
        cold: "cold\nby any token\nmedian",
        warm: "warm\nby any token\nmedian",
        effect: "by any token\neffect ×",
      },
      any: {
        cold: "cold\nby content\nmedian",
        warm: "warm\nby content\nmedian",
        effect: "by content\neffect ×",
      },
    },
    ...EXTRA_WORDS,
    verdict: (prompts, least, most) =>
      `Effect of the cache (cold over warm TTFT) over ${prompts} prompts: from × ${least} to × ${most}.`,
    counts: (cold, warm) =>
      `n: ${cold} cold and ${warm} warm requests per prompt. Rating: effect ≥ 1.5 excellent, ≥ 1.05 good, else fair.`,
  },
  zh: {
    label: "标签",
    kind: "提示类型",
    prompt: "提示词",
    context: "上下文\n(tokens)",
    cold: "冷缓存\nTTFT\n中位数",
    warm: "热缓存\nTTFT\n中位数",
    effect: "缓存效果\n× [95 % CI]",
    rating: "评级",
    excellent: "优秀",
    good: "良好",
    fair: "一般",
    noKind: "日志中没有给出提示类型",
    noneOther: "没有出现此类 token 的请求",
    kindName: (kind) => KINDS_ZH.get(kind) ?? kind,
    whyNoMedian: whyNoMedianZh,
    estimate: estimateZh,
    notes: notesZh,
    estimateNote: estimateNoteZh,
    other: {
      content: {
        cold: "冷缓存\n任意 token\n中位数",
        warm: "热缓存\n任意 token\n中位数",
        effect: "任意 token\n效果 ×",
      },
      any: { cold: "冷缓存\n正文\n中位数", warm: "热缓存\n正文\n中位数", effect: "正文\n效果 ×" },
    },
    needs: (p, requests) => `p${p} 至少需要 ${requests} 次请求`,
    verdict: (prompts, least, most) =>
      `缓存效果（冷缓存与热缓存 TTFT 之比），${prompts} 个提示词：× ${least} 至 × ${most}。`,
    notTold: (title) => `计入的请求均未给出 ${title}`,
    method: (firstToken) =>
      `表中为 n 次请求的中位数，单位 ms；计时从请求的第一个字节写入已建立的连接开始，到收到第一${firstToken === "any" ? "个 token（推理或正文）" : "段非空文本"}为止。` +
      "×：中位数之比；方括号内为 10,000 次重抽样的 95 % 百分位自助法（bootstrap）置信区间，已按小样本加宽。",
    counts: (cold, warm) =>
      `n：每个提示词冷缓存 ${cold} 次、热缓存 ${warm} 次。评级：效果 ≥ 1.5 为优秀，≥ 1.05 为良好，其余为一般。`,
  },
};

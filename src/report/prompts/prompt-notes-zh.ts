import { OUTCOMES, type Outcome } from "../../domain/records/words.js";
import { type Estimate, FEWEST_VALUES } from "../../stats/interval.js";
import { formatCount } from "../../tables/format.js";
import { cutSentenceZh, firstTokenNotesZh } from "../request-notes.js";
import { isPaired } from "../ttft/cold-over-warm.js";
import type { Counting, NamedCell, TtftCell } from "../ttft/ttft-cell.js";
import { firstTokenCounts } from "../ttft/ttft-notes.js";

const STATES = { cold: "冷缓存", warm: "热缓存" } as const;

const FAILED: Readonly<Record<Exclude<Outcome, "ok">, string>> = {
  error: "出错",
  incomplete: "中断",
  timeout: "超时",
};

/** `whyNoMedian` in Chinese. */
export function whyNoMedianZh(
  { seconds, requests, outcomes, cut }: TtftCell,
  state: "cold" | "warm",
): string {
  const asked = requests[state];
  if (asked === 0) return `没有${STATES[state]}请求`;
  if (seconds[state].length > 0) return "";
  if (outcomes.ok > 0 && cut.length === outcomes.ok) return "提示词被服务器截断，实际上下文更短";
  return outcomes.ok === 0
    ? `全部请求失败（${STATES[state]} ${asked} 次）`
    : `${asked} 次${STATES[state]}请求均不计入：失败、没有输出内容，或与服务器的报告相矛盾`;
}

/** An estimate without an interval, with the reason in Chinese. */
export function estimateZh(estimate: Estimate): Estimate {
  if ("low" in estimate) return estimate;
  const few = /^(\d+) (?:value|pair)s?:/.exec(estimate.reason);
  return few === null
    ? estimate
    : { ...estimate, reason: `只有 ${few[1]} 个值：至少 ${FEWEST_VALUES} 个才能给出置信区间` };
}

/** `ttftNotes` in Chinese. */
export function notesZh(
  cells: readonly NamedCell[],
  { includeContradicted, firstToken }: Counting,
): string[] {
  const sum = (count: (cell: TtftCell) => number) =>
    cells.reduce((total, { cell }) => total + count(cell), 0);
  const [proven, contradicted, unproven] = (["proven", "contradicted", "unproven"] as const).map((kind) =>
    sum(({ evidence }) => evidence[kind]),
  ) as [number, number, number];
  const fate = contradicted === 0 ? "" : includeContradicted ? "（仍然计入）" : "（不计入）";
  const failed = cells.flatMap(({ name, cell }) => {
    const counts = OUTCOMES.flatMap((outcome) =>
      outcome === "ok" || cell.outcomes[outcome] === 0
        ? []
        : [`${FAILED[outcome]} ${formatCount(cell.outcomes[outcome])} 次`],
    );
    return counts.length === 0 ? [] : [`${name}：${counts.join("、")}`];
  });
  const unstated = sum(({ requests }) => requests.unstated);
  return [
    ...(proven + contradicted + unproven === 0
      ? []
      : [
          `缓存状态以服务器自身的报告为准：${formatCount(proven)} 次证实，${formatCount(contradicted)} 次矛盾${fate}，` +
            `${formatCount(unproven)} 次无法证实。`,
        ]),
    ...cutSentenceZh(cells.flatMap(({ cell }) => cell.cut)),
    ...(failed.length === 0 ? [] : [`失败的请求不计入中位数：${failed.join("；")}。`]),
    ...firstTokenNotesZh(firstTokenCounts(cells), firstToken),
    ...pairingNoteZh(cells),
    ...(unstated === 0 ? [] : [`${formatCount(unstated)} 次请求没有说明缓存冷热，因此没有缓存效果。`]),
  ];
}

/** `pairingNote` in Chinese. */
function pairingNoteZh(cells: readonly NamedCell[]): string[] {
  const both = cells.filter(({ cell: { seconds } }) => seconds.cold.length > 0 && seconds.warm.length > 0);
  const paired = both.filter(({ cell }) => isPaired(cell)).length;
  return [
    ...(paired === 0 ? [] : ["缓存效果：同一次试验的冷、热两次请求成对重抽样。"]),
    ...(paired === both.length
      ? []
      : [
          paired === 0
            ? "缓存效果：日志没有说明哪些冷、热请求属于同一次试验，按两个独立样本处理。"
            : `缓存效果：其中 ${both.length - paired} 行没有配对，按两个独立样本处理。`,
        ]),
  ];
}

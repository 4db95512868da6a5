import type { Chart } from "../../charts/chart.js";
import { rowsChart } from "../../charts/rows-chart.js";
import { OptionError } from "../../domain/errors/errors.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { inMs } from "../ttft/ttft-chart.js";
import { whyEmpty } from "../why-empty.js";
import { promptLines } from "./prompt-table.js";
import { PROMPT_WORDS, type PromptLanguage } from "./prompt-words.js";

/** Options of a chart of prompts. */
export interface PromptChartOptions {
  /** The language of titles and axes: `en` (default) or `zh`. */
  readonly language?: PromptLanguage;
  /** Whether to count requests whose cache state the server's report contradicts; default false. */
  readonly includeContradicted?: boolean;
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

const WORDS = {
  en: {
    title: "Time to first token by prompt",
    subtitle: "every request, with the median in ms",
    names: { cold: "cold", warm: "warm" },
  },
  zh: {
    title: "不同提示词的首 token 延迟",
    subtitle: "每次请求一个点，横线为中位数（ms）",
    names: { cold: "冷缓存", warm: "热缓存" },
  },
} as const;

/**
 * Cold and warm TTFT of every request by prompt, with their medians. Rows count as in `ttft.prompts.table`.
 *
 * @param rows of `ttft.prompts.run` or `ttft.read`.
 * @throws OptionError for an unknown language or first token.
 * @example await ttft.prompts.chart(rows).svg() // "<svg …"
 */
export function promptChart(
  rows: readonly TtftRecord[],
  { language = "en", includeContradicted = false, firstToken = "content" }: PromptChartOptions = {},
): Chart {
  if (!Object.hasOwn(WORDS, language)) throw new OptionError("language", 'must be "en" or "zh"', language);
  const lines = promptLines(rows, { includeContradicted, firstToken: requireFirstToken(firstToken) });
  const places = lines.map(({ data, cell }) => ({
    name: data.prompt_kind === null ? data.prompt : PROMPT_WORDS[language].kindName(data.prompt_kind),
    ms: inMs(cell.seconds),
  }));
  return rowsChart(places, { ...WORDS[language], of: "requests", empty: whyEmpty(rows) });
}

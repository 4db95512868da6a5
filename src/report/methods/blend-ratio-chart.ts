import type { Chart } from "../../charts/chart.js";
import { msAxis, toMs } from "../../charts/chart-frame.js";
import { middleHalf } from "../../charts/error-bars.js";
import { OptionError } from "../../domain/errors/errors.js";
import { cutPrompts } from "../../domain/records/cut-prompt.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { BlendRecord } from "../../domain/records/record-kinds.js";
import { BLEND_SETTING, contextText, inputLengthOf } from "../context-length.js";
import { reasoningWords } from "../request-notes.js";
import { methodCell } from "./method-cell.js";
import { methodGroups } from "./method-groups.js";
import { ratioChart, ratioPoints } from "./ratio-chart.js";

/** Options of a chart of TTFT against the recompute ratio. */
export interface BlendRatioChartOptions {
  /** The title above; default "Time to first token against the recompute ratio". */
  readonly title?: string;
  /** The input length to show, in tokens; default the longest. */
  readonly inputTokens?: number;
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

/**
 * TTFT against CacheBlend's recompute ratio at one input length: medians with bars over the interquartile range of the
 * requests, between full prefill and full KV reuse. Rows count as in `blend.table`.
 *
 * @param rows of `blend.run` or `blend.read`.
 * @throws OptionError for an input length that no row has.
 * @example await blend.ratioChart(rows, { inputTokens: 2_048 }).svg() // "<svg …"
 */
export function blendRatioChart(
  rows: readonly BlendRecord[],
  {
    title = "Time to first token against the recompute ratio",
    inputTokens,
    firstToken = "content",
  }: BlendRatioChartOptions = {},
): Chart {
  const lengths = [...new Set(rows.map(inputLengthOf))].sort((a, b) => a - b);
  const length = inputTokens ?? lengths.at(-1);
  if (inputTokens !== undefined && !lengths.includes(inputTokens)) {
    throw new OptionError(
      "inputTokens",
      `must be one that the rows hold (${lengths.join(", ")})`,
      inputTokens,
    );
  }
  const isCut = cutPrompts(rows);
  const shown = rows.filter((row) => inputLengthOf(row) === length);
  const points = ratioPoints(methodGroups(shown, undefined, BLEND_SETTING), (rows) => {
    const { seconds } = methodCell(rows, isCut, requireFirstToken(firstToken));
    return seconds.length === 0 ? null : middleHalf(seconds.map(toMs));
  });
  return ratioChart(points, {
    title,
    rows: shown,
    subtitle: `input of ${contextText(length ?? 0, shown)} tokens; median and IQR; collecting not included${reasoningWords(shown, firstToken)}`,
    ...{ unit: " ms", interval: "IQR" },
    yaxis: msAxis(
      "TTFT",
      points.flatMap(({ low, high }) => [low, high]),
    ),
  });
}

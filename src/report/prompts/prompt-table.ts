import { group } from "d3-array";
import { OptionError } from "../../domain/errors/errors.js";
import { largest, smallest } from "../../domain/extremes.js";
import { cutPrompts } from "../../domain/records/cut-prompt.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { ORIGIN_TRAITS, seriesOf } from "../../domain/records/series.js";
import type { Estimate } from "../../stats/interval.js";
import { median } from "../../stats/quantile.js";
import { random } from "../../stats/random.js";
import { formatCount, formatMs, formatNumber } from "../../tables/format.js";
import { boundsOf, estimateCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, missing } from "../../tables/table-parts.js";
import { contextText, isEstimated } from "../context-length.js";
import {
  type ExtraTimesOptions,
  extraColumns,
  extraData,
  extraTimes,
  notTheMedian,
  type TimedSide,
} from "../extra-times.js";
import { partialRunNote } from "../partial-run-note.js";
import { TERMS_NOTE } from "../terms-note.js";
import { coldOverWarm, isPaired } from "../ttft/cold-over-warm.js";
import { type Counting, ttftCell } from "../ttft/ttft-cell.js";
import { PROMPT_WORDS, type PromptLanguage } from "./prompt-words.js";

/** Options of a prompt table. */
export interface PromptTableOptions extends ExtraTimesOptions {
  /** The language of headers, ratings and footnotes; default `en`. */
  readonly language?: PromptLanguage;
  /** Whether to count requests whose cache state the server's report contradicts; default false. */
  readonly includeContradicted?: boolean;
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

/** How much the cache saves for a prompt: effect ≥ 1.5 excellent, ≥ 1.05 good, else fair. */
export type Rating = "excellent" | "good" | "fair";

/** One row of a prompt table's data. Times in seconds; null where there is none. */
export interface PromptTableRow {
  /** Followed by what distinguishes it, if one label has several models or servers. */
  readonly label: string | null;
  readonly model: string | null;
  readonly prompt_kind: string | null;
  readonly prompt: string;
  readonly context_target: number | null;
  readonly cold_n: number;
  readonly warm_n: number;
  readonly failed_n: number;
  /** Excluded, because the server cut their prompts. */
  readonly cut_n: number;
  readonly cold_median_seconds: number | null;
  readonly warm_median_seconds: number | null;
  /** The kind of token that the times refer to. */
  readonly first_token: FirstToken;
  /** Requests in which reasoning came before the content. */
  readonly reasoning_n: number;
  /** Trials whose cold and warm request form a pair in `effect`; null if it compares two samples. */
  readonly pairs: number | null;
  /** Cold over warm, with its 95 % interval. */
  readonly effect: number | null;
  readonly effect_low: number | null;
  readonly effect_high: number | null;
  /** The same by the other kind of first token: any, if `first_token` is content. */
  readonly other_cold_median_seconds: number | null;
  readonly other_warm_median_seconds: number | null;
  readonly other_effect: number | null;
  readonly other_effect_low: number | null;
  readonly other_effect_high: number | null;
  readonly rating: Rating | null;
  /** The chosen percentiles: `cold_ttft_p95_seconds`, `warm_itl_p50_seconds` and so on. */
  readonly [percentile: `${string}p${number}_seconds`]: number | null;
}

/**
 * What the cache saves by prompt: cold and warm median TTFT, their ratio with its 95 % interval, and a rating.
 *
 * Rows count as in `ttft.table`: failures and contradicted requests are excluded. The rating follows the effect's estimate;
 * if the interval crosses a threshold, a note says that more runs are needed.
 *
 * @param rows of `ttft.prompts.run` or `ttft.read`.
 * @throws OptionError for an unknown language or first token, or an invalid percentile or time.
 * @example ttft.prompts.table(rows).rows[0].rating // "excellent"
 */
export function promptTable(
  rows: readonly TtftRecord[],
  {
    language = "en",
    includeContradicted = false,
    firstToken = "content",
    ...chosen
  }: PromptTableOptions = {},
): Table<PromptTableRow> {
  if (!Object.hasOwn(PROMPT_WORDS, language)) {
    throw new OptionError("language", 'must be "en" or "zh"', language);
  }
  const words = PROMPT_WORDS[language];
  const counting = { includeContradicted, firstToken: requireFirstToken(firstToken) };
  const lines = promptLines(rows, counting);
  const extras = extraTimes(chosen);
  const sides = (["cold", "warm"] as const).map(
    (state): TimedSide<(typeof lines)[number]> => ({
      name: state,
      title: words[state].split("\n")[0]!,
      rowsOf: ({ cell }) => cell.counted[state],
      whyNone: ({ cell }) => words.whyNoMedian(cell, state),
    }),
  );
  const further = extraColumns(extras.filter(notTheMedian), sides, firstToken, words);
  const other = lines.some(({ cell }) => cell.reasoning > 0) ? words.other[firstToken] : null;
  const several = (key: "label" | "context_target") => new Set(lines.map(({ data }) => data[key])).size > 1;
  const severalLabels = several("label");
  // Estimates are marked in their row, so there is a column for them.
  const showsContext = several("context_target") || isEstimated(rows);
  const nameOf = ({ label, prompt_kind, prompt }: PromptTableRow) =>
    `${severalLabels && label !== null ? `${label}, ` : ""}${prompt_kind === null ? prompt : words.kindName(prompt_kind)}`;
  return new Table<PromptTableRow>({
    columns: [
      ...(severalLabels ? [{ header: words.label, align: "left", isKey: true, widest: 20 } as const] : []),
      { header: words.kind, align: "left", isKey: true, widest: 20 },
      { header: words.prompt, align: "left", widest: 30 },
      ...(showsContext ? [{ header: words.context, align: "right" } as const] : []),
      { header: words.cold, unit: "ms", align: "right" },
      { header: words.warm, unit: "ms", align: "right" },
      { header: words.effect, align: "right" },
      ...(other === null
        ? []
        : ([
            { header: other.cold, unit: "ms", align: "right" },
            { header: other.warm, unit: "ms", align: "right" },
            { header: other.effect, align: "right" },
          ] as const)),
      { header: words.rating, align: "left" },
      ...further.map(({ column }) => column),
    ],
    lines: lines.map((line) => {
      const { data, rows: own, cell, effect, otherEffect } = line;
      const time = (state: "cold" | "warm"): Cell => {
        const seconds = data[`${state}_median_seconds`];
        return seconds === null ? missing(words.whyNoMedian(cell, state)) : { text: formatMs(seconds) };
      };
      const reason = words.whyNoMedian(cell, "cold") || words.whyNoMedian(cell, "warm");
      return {
        data: { ...data, ...extraData(line, extras, sides, firstToken) },
        cells: [
          ...(severalLabels ? [{ text: data.label ?? "" }] : []),
          data.prompt_kind === null ? missing(words.noKind) : { text: words.kindName(data.prompt_kind) },
          { text: data.prompt },
          ...(showsContext
            ? [{ text: data.context_target === null ? "" : contextText(data.context_target, own) }]
            : []),
          time("cold"),
          time("warm"),
          estimateCell(words.estimate(effect), reason),
          ...(other === null
            ? []
            : [...otherCells(data, words.noneOther), estimateCell(words.estimate(otherEffect))]),
          data.rating === null ? missing(reason) : { text: words[data.rating] },
          ...further.map(({ cell }) => cell(line)),
        ],
      };
    }),
    verdict: verdictOf(lines, words.verdict),
    notes: [
      ...partialRunNote(rows, language),
      words.counts(span(lines, "cold_n"), span(lines, "warm_n")),
      ...words.notes(
        lines.map(({ data, cell }) => ({ name: nameOf(data), cell })),
        counting,
      ),
      ...words.estimateNote(rows),
      TERMS_NOTE[language],
    ],
    method: words.method(firstToken),
  });
}

/** The smallest and the largest effect of several prompts. */
function verdictOf(
  lines: readonly { readonly data: PromptTableRow }[],
  sentence: (prompts: number, least: string, most: string) => string,
): string[] {
  const effects = lines.flatMap(({ data }) => data.effect ?? []);
  if (effects.length < 2) return [];
  return [sentence(effects.length, formatNumber(smallest(effects)), formatNumber(largest(effects)))];
}

const otherCells = (data: PromptTableRow, whyNone: string): Cell[] =>
  [data.other_cold_median_seconds, data.other_warm_median_seconds].map((value) =>
    value === null ? missing(whyNone) : { text: formatMs(value) },
  );

const medianOrNull = (values: readonly number[]): number | null =>
  values.length === 0 ? null : median(values);

/** One line for each series, prompt and context, in order of appearance. */
export function promptLines(rows: readonly TtftRecord[], counting: Counting) {
  const isCut = cutPrompts(rows);
  const all = seriesOf(rows, ({ label }) => label ?? "", ORIGIN_TRAITS);
  const groups = all.flatMap((series) =>
    [...group(series.rows, (row) => JSON.stringify([row.prompt_kind, row.prompt, row.context_target]))].map(
      ([, own]) => ({ series, rows: own }),
    ),
  );
  return groups.map(({ series, rows }) => {
    const { prompt_kind, prompt, context_target } = rows[0]!;
    const cell = ttftCell(rows, isCut, counting);
    const { cold, warm } = cell.seconds;
    const source = random("prompt table");
    const effect: Estimate = coldOverWarm(cell, source);
    const otherEffect: Estimate =
      cell.reasoning === 0 ? effect : coldOverWarm(cell.other, source.fork("other first token"));
    const bounds = boundsOf(effect);
    const { error, incomplete, timeout } = cell.outcomes;
    const data: PromptTableRow = {
      label: series.name.replace(/^ · /, "") || null,
      model: series.traits.get("model") ?? null,
      prompt_kind,
      prompt: prompt ?? "",
      context_target,
      cold_n: cold.length,
      warm_n: warm.length,
      failed_n: error + incomplete + timeout,
      cut_n: cell.cut.length,
      cold_median_seconds: medianOrNull(cold),
      warm_median_seconds: medianOrNull(warm),
      first_token: counting.firstToken,
      reasoning_n: cell.reasoning,
      pairs: isPaired(cell) ? cell.pairs.length : null,
      effect: effect.estimate,
      effect_low: bounds.low,
      effect_high: bounds.high,
      other_cold_median_seconds: medianOrNull(cell.other.seconds.cold),
      other_warm_median_seconds: medianOrNull(cell.other.seconds.warm),
      other_effect: otherEffect.estimate,
      other_effect_low: boundsOf(otherEffect).low,
      other_effect_high: boundsOf(otherEffect).high,
      rating: effect.estimate === null ? null : ratingOf(effect.estimate),
    };
    return { data, rows, cell, effect, otherEffect };
  });
}

/** The n of the medians, which have no column of their own. */
function span(lines: readonly { readonly data: PromptTableRow }[], key: "cold_n" | "warm_n"): string {
  const counts = lines.map(({ data }) => data[key]);
  if (counts.length === 0) return "0";
  return [...new Set([smallest(counts), largest(counts)])].map(formatCount).join("–");
}

/** The original's thresholds; rounding errors of a quotient decide nothing. */
function ratingOf(effect: number): Rating {
  const rounded = Number(effect.toPrecision(12));
  return rounded >= 1.5 ? "excellent" : rounded >= 1.05 ? "good" : "fair";
}

import { largest } from "../../domain/extremes.js";
import { cutPrompts } from "../../domain/records/cut-prompt.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { RequestTime } from "../../domain/records/objectives.js";
import type { BlendRecord } from "../../domain/records/record-kinds.js";
import { median } from "../../stats/quantile.js";
import { summary } from "../../stats/summary.js";
import { formatCount, formatMs } from "../../tables/format.js";
import { boundsOf, estimateCell, spreadCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, missing } from "../../tables/table-parts.js";
import { BLEND_SETTING, contextText, estimateNote, inputLengthOf, sentTokens } from "../context-length.js";
import {
  type ExtraTimesOptions,
  extraColumns,
  extraData,
  extraTimes,
  type TimedSide,
} from "../extra-times.js";
import { fasterSentence } from "../faster-sentence.js";
import { partialRunNote } from "../partial-run-note.js";
import { OTHER_TOKEN, TO_FIRST } from "../request-notes.js";
import { TERMS_NOTE } from "../terms-note.js";
import { type MeasuredMethod, measureGroup } from "./blend-group.js";
import { methodNotes } from "./method-cell.js";
import { methodGroups } from "./method-groups.js";

/** Options of a length table. */
export interface BlendTableOptions<L extends string = string> extends ExtraTimesOptions {
  /** The label that speed-ups are relative to; default full prefill with the same model and server. */
  readonly baseline?: L;
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

/** One row of a length table's data: one method at one input length. Times in seconds. */
export interface BlendTableRow {
  readonly input_tokens: number;
  /** Median number of prompt tokens by the server's count; null if not reported. */
  readonly prompt_tokens: number | null;
  /** Followed by what distinguishes it, if one label has several models or servers. */
  readonly label: string;
  readonly model: string | null;
  /** What distinguishes its group of comparable methods from the others, such as `A40`; empty if there is only one. */
  readonly group: string;
  readonly is_baseline: boolean;
  /** The label that this row is compared with; null if its group has no baseline. */
  readonly baseline: string | null;
  readonly n: number;
  readonly failed_n: number;
  readonly contradicted_n: number;
  /** Excluded, because the server cut their prompts. */
  readonly cut_n: number;
  readonly ttft_mean_seconds: number | null;
  readonly ttft_sd_seconds: number | null;
  readonly ttft_median_seconds: number | null;
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** The kind of token that the times refer to. */
  readonly first_token: FirstToken;
  /** Requests in which reasoning came before the content. */
  readonly reasoning_n: number;
  /** The same by the other kind of first token: any, if `first_token` is content. */
  readonly other_ttft_median_seconds: number | null;
  readonly other_speedup: number | null;
  readonly collect_median_seconds: number | null;
  /** How often the collected KV must be used before collecting has paid off. */
  readonly break_even_n: number | null;
  /** The percentiles that were asked for, by time, as `ttft_p95_seconds`. */
  readonly [percentile: `${RequestTime}_p${number}_seconds`]: number | null;
}

const SIDES: readonly TimedSide<MeasuredMethod>[] = [
  { name: "", rowsOf: ({ cell }) => cell.counted, whyNone: () => "no request counted" },
];

/**
 * TTFT by input length and method: mean ± standard deviation, median, speed-up over the baseline with its 95 % interval, what
 * collecting cost, and after how many uses that has paid off. Each model and server has its own baseline.
 *
 * Failed requests and those that the server's report contradicts are excluded; notes say how many.
 *
 * @param rows of `blend.run` or `blend.read`.
 * @throws OptionError for a baseline that is not a label of the rows, an invalid percentile or time, or an unknown first
 * token.
 * @example blend.table(rows, { baseline: "Full prefill" }).rows[0].speedup // 3.29
 */
export function blendTable<R extends BlendRecord>(
  rows: readonly R[],
  options: BlendTableOptions<NonNullable<R["label"]>> = {},
): Table<BlendTableRow> {
  const firstToken = requireFirstToken(options.firstToken ?? "content");
  const counting = { isCut: cutPrompts(rows), firstToken };
  const { groups, notes } = methodGroups<BlendRecord>(rows, options.baseline, BLEND_SETTING);
  const lengths = [...new Set(rows.map(inputLengthOf))].sort((a, b) => a - b);
  const parts = lengths.flatMap((length) => groups.map((one) => measureGroup(one, length, counting)));
  const measured = parts.flatMap((part) => part.measured);
  const other = measured.some(({ cell }) => cell.reasoning > 0) ? OTHER_TOKEN[firstToken] : null;
  const extras = extraTimes(options);
  const further = extraColumns(
    extras.filter(({ time, p }) => time !== "ttft" || p !== 50),
    SIDES,
    firstToken,
  );
  const time = (values: readonly number[]): Cell =>
    values.length === 0 ? missing("no request counted") : { text: formatMs(median(values)) };

  return new Table<BlendTableRow>({
    columns: [
      { header: "input\n(tokens)", align: "right", isKey: true },
      { header: "method", align: "left", isKey: true, widest: 24 },
      { header: "n", align: "right" },
      { header: "TTFT\nmean ± sd", unit: "ms", align: "right" },
      { header: "TTFT\nmedian", unit: "ms", align: "right" },
      { header: "speed-up\n× [95 % CI]", align: "right" },
      ...(other === null
        ? []
        : ([
            { header: `by ${other}\nmedian`, unit: "ms", align: "right" },
            { header: `by ${other}\nspeed-up ×`, align: "right" },
          ] as const)),
      { header: "collect\nmedian", unit: "ms", align: "right" },
      { header: "break-even\n(uses)", align: "right" },
      ...further.map(({ column }) => column),
    ],
    lines: measured.map((one) => {
      const {
        input_tokens,
        group,
        method,
        baseline,
        cell,
        speedup,
        otherSpeedup,
        breakEven,
        isBest,
        cellRows,
      } = one;
      const { name: label, traits } = method;
      const isBaseline = baseline === label;
      const stats = cell.seconds.length === 0 ? null : summary(cell.seconds);
      return {
        cells: [
          { text: inputText(input_tokens, cellRows) },
          { text: label },
          { text: String(cell.seconds.length) },
          stats === null ? missing("no request counted") : spreadCell(stats),
          { ...time(cell.seconds), isBest },
          isBaseline
            ? { text: "baseline" }
            : {
                ...estimateCell(speedup, cell.seconds.length === 0 ? "no request counted" : undefined),
                isBest,
              },
          ...(other === null
            ? []
            : [time(cell.otherSeconds), isBaseline ? { text: "baseline" } : estimateCell(otherSpeedup)]),
          cell.collectSeconds.length === 0 ? { text: "" } : time(cell.collectSeconds),
          cell.collectSeconds.length === 0
            ? { text: "" }
            : "reason" in breakEven
              ? missing(breakEven.reason)
              : { text: formatCount(Math.ceil(breakEven.uses)) },
          ...further.map(({ cell: cellOf }) => cellOf(one)),
        ],
        data: {
          input_tokens,
          prompt_tokens: sentTokens(cellRows),
          label,
          model: traits.get("model") ?? null,
          group,
          is_baseline: isBaseline,
          baseline,
          n: cell.seconds.length,
          failed_n: cell.failed,
          contradicted_n: cell.evidence.contradicted,
          cut_n: cell.cut.length,
          ttft_mean_seconds: stats?.mean ?? null,
          ttft_sd_seconds: stats?.sd ?? null,
          ttft_median_seconds: stats?.median ?? null,
          speedup: isBaseline ? null : speedup.estimate,
          speedup_low: isBaseline ? null : boundsOf(speedup).low,
          speedup_high: isBaseline ? null : boundsOf(speedup).high,
          first_token: firstToken,
          reasoning_n: cell.reasoning,
          other_ttft_median_seconds: cell.otherSeconds.length === 0 ? null : median(cell.otherSeconds),
          other_speedup: isBaseline ? null : otherSpeedup.estimate,
          collect_median_seconds: cell.collectSeconds.length === 0 ? null : median(cell.collectSeconds),
          break_even_n:
            "uses" in breakEven && cell.collectSeconds.length > 0 ? Math.ceil(breakEven.uses) : null,
          ...extraData(one, extras, SIDES, firstToken),
        },
      };
    }),
    alarms: parts.flatMap(({ alarms }) => alarms),
    verdict: verdictOf(measured),
    notes: [
      ...partialRunNote(rows),
      ...(options.baseline === undefined &&
      groups.length > 0 &&
      groups.every(({ fullPrefill }) => fullPrefill === null)
        ? ["No method is full prefill and no baseline was named, so there is no speed-up."]
        : []),
      "Speed-up: ratio of median TTFTs, 95 % bootstrap interval of two samples, since every request has its own prompt. " +
        "TTFT does not include collecting the KV; break-even: the number of uses after which collecting it has paid off, against full prefill.",
      ...notes,
      ...estimateNote(rows),
      ...methodNotes(rows, firstToken),
      TERMS_NOTE.en,
    ],
    method:
      "n: requests counted in a cell. TTFT in " +
      "ms, from the request's first byte handed to an open connection to " +
      `${TO_FIRST[firstToken]}. Brackets: 95 % ` +
      "intervals of 10,000 resamples.",
  });
}

/** How much sooner each method answers than its baseline, at the longest input they share. */
function verdictOf(measured: readonly MeasuredMethod[]): string[] {
  const compared = measured.filter(
    ({ method, baseline, speedup }) =>
      baseline !== null && baseline !== method.name && speedup.estimate !== null,
  );
  const longest = largest(compared.map(({ input_tokens }) => input_tokens));
  return compared
    .filter(({ input_tokens }) => input_tokens === longest)
    .flatMap(({ method, baseline, speedup }) =>
      fasterSentence(`${method.name} at ${formatCount(longest)} tokens`, baseline!, speedup),
    );
}

/** The length asked for and, if the server counted differently, its count. */
function inputText(input_tokens: number, rows: readonly BlendRecord[]): string {
  const sent = sentTokens(rows);
  const text = contextText(input_tokens, rows);
  return sent === null || Math.abs(sent - input_tokens) < 1 ? text : `${text} (${formatCount(sent)} sent)`;
}

/**
 * The original's lines, one for each length and method besides the baseline: `Length 512: Full Prefill 0.135s, CacheBlend 15%
 * 0.041s, Speedup 3.29×`.
 */
export function blendLines(table: Table<BlendTableRow>): string[] {
  const { rows } = table;
  return rows.flatMap((row) => {
    const base = rows.find((one) => one.input_tokens === row.input_tokens && one.label === row.baseline);
    if (row.speedup === null || base === undefined) return [];
    const time = ({ label, ttft_median_seconds }: BlendTableRow) =>
      `${label} ${ttft_median_seconds?.toFixed(3)}s`;
    return [`Length ${row.input_tokens}: ${time(base)}, ${time(row)}, Speedup ${row.speedup.toFixed(2)}×`];
  });
}

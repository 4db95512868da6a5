import { group } from "d3-array";
import { largest, smallest } from "../../domain/extremes.js";
import { cutPrompts, type IsCut } from "../../domain/records/cut-prompt.js";
import { datasetName } from "../../domain/records/dataset-name.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import type { Estimate } from "../../stats/interval.js";
import { matchPairs } from "../../stats/pairs.js";
import { random } from "../../stats/random.js";
import { unboundedDifference, unboundedMean } from "../../stats/unbounded-difference.js";
import { formatCount, formatFixed, formatPercent } from "../../tables/format.js";
import { boundsOf } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, missing } from "../../tables/table-parts.js";
import { partialRunNote } from "../partial-run-note.js";
import { TERMS_NOTE } from "../terms-note.js";
import { askedRows } from "./asked-rows.js";
import { type MethodGroup, methodGroups } from "./method-groups.js";
import { sampleNotes } from "./quality-prompt-notes.js";
import { QUALITY_SETTING, valuesOf } from "./quality-scores.js";

/** Options of a divergence table. */
export interface DivergenceTableOptions<L extends string = string> {
  /** The label that differences are relative to; default full prefill with the same model and server. */
  readonly baseline?: L;
}

/** One row of a divergence table's data: one method on one dataset. In nats per token. */
export interface DivergenceTableRow {
  readonly dataset: string;
  /** The number of examples of the bundled sample that stands in for the dataset; null if none does. */
  readonly bundled_examples: number | null;
  readonly label: string;
  readonly model: string | null;
  readonly group: string;
  readonly is_baseline: boolean;
  readonly baseline: string | null;
  /** Examples whose KL is known. */
  readonly n: number;
  readonly kl_nats: number | null;
  readonly kl_low: number | null;
  readonly kl_high: number | null;
  /** The mean share of full prefill's probability that the KL covers; below 1 the KL is a lower bound. */
  readonly kl_mass: number | null;
  readonly top1_agreement: number | null;
  /** Against the baseline, on the same examples. */
  readonly kl_difference: number | null;
  readonly kl_difference_low: number | null;
  readonly kl_difference_high: number | null;
  readonly kl_p: number | null;
  readonly reference_nll: number | null;
  readonly reference_difference: number | null;
  readonly reference_difference_low: number | null;
  readonly reference_difference_high: number | null;
}

/** Whether rows come from a run that measured the divergence from full prefill. */
export const tellsDivergence = (rows: readonly QualityRecord[]): boolean =>
  rows.some(
    ({ kl_nats, reference_nll, divergence_reason }) =>
      kl_nats != null || reference_nll != null || divergence_reason != null,
  );

/**
 * How far each method's distributions are from full prefill's, by dataset: the mean KL per token with its interval, the share
 * of equal top tokens, and the loss on the reference answer against the baseline's on the same examples.
 *
 * @param rows of `quality.run` with `divergence`, or of `quality.read`.
 * @throws OptionError for a baseline that is not a label of the rows.
 * @example quality.divergenceTable(rows).rows[1].kl_nats // 0.35
 */
export function divergenceTable<R extends QualityRecord>(
  rows: readonly R[],
  { baseline }: DivergenceTableOptions<NonNullable<R["label"]>> = {},
): Table<DivergenceTableRow> {
  const asked = askedRows(rows);
  const isCut = cutPrompts(asked);
  const { groups, notes } = methodGroups(asked, baseline, QUALITY_SETTING);
  const sets = [...group(asked, datasetName).keys()];
  const compared = sets.flatMap((set) => groups.flatMap((one) => compare(one, set, isCut)));
  const masses = compared.flatMap(({ data }) => data.kl_mass ?? []);
  return new Table<DivergenceTableRow>({
    columns: [
      { header: "dataset", align: "left", isKey: true },
      { header: "method", align: "left", isKey: true, widest: 26 },
      { header: "n", align: "right" },
      { header: "KL, mean\n[95 % CI]", unit: "nats", align: "right" },
      { header: "Δ KL, mean\n[95 % CI]", unit: "nats", align: "right" },
      { header: "same top\ntoken", unit: "%", align: "right" },
      { header: "reference\nloss, mean", unit: "nats", align: "right" },
      { header: "Δ loss, mean\n[95 % CI]", unit: "nats", align: "right" },
    ],
    lines: compared.map(({ data, kl, klDifference, loss }) => ({
      cells: [
        { text: datasetName(data) },
        { text: data.label },
        { text: formatCount(data.n) },
        natsCell(kl),
        data.is_baseline ? { text: "baseline" } : natsCell(klDifference),
        data.top1_agreement === null
          ? missing("not reported by the server")
          : { text: formatPercent(data.top1_agreement) },
        data.reference_nll === null
          ? missing("not reported by the server")
          : { text: nats(data.reference_nll) },
        data.is_baseline ? { text: "baseline" } : natsCell(loss),
      ],
      data,
    })),
    notes: [
      ...partialRunNote(rows),
      "KL: mean KL(full prefill ‖ method) per token, with both forced through full prefill's own answer; full prefill's own " +
        "value is what rounding in the server does to two identical requests. Same top token: the share of tokens for which " +
        "both have the same most likely token. Reference loss: mean per token of the reference answer, forced after the prompt.",
      ...(masses.length === 0 || smallest(masses) > WHOLE
        ? []
        : [
            `The KL is a lower bound: the server reports only the likeliest tokens, with ${formatPercent(smallest(masses))} % to ` +
              `${formatPercent(largest(masses))} % of full prefill's probability; all other tokens count as one.`,
          ]),
      ...sampleNotes(asked),
      ...notes,
      ...reasonNotes(asked),
      TERMS_NOTE.en,
    ],
    method:
      "Means over examples, each the mean of its tokens. Brackets: 95 % intervals by percentile bootstrap of the examples, or " +
      "of their differences to the baseline, widened for small n. KL has no upper bound, so rare large values may be missing from the sample.",
  });
}

/** Reported in single precision, a whole distribution may sum to a little less than 1. */
const WHOLE = 0.9999;

interface Compared {
  readonly data: DivergenceTableRow;
  readonly kl: Estimate;
  readonly klDifference: Estimate;
  readonly loss: Estimate;
}

/** One group's methods on one dataset, each against the group's baseline. */
function compare<R extends QualityRecord>(
  { name, methods }: MethodGroup<R>,
  set: string,
  isCut: IsCut,
): Compared[] {
  const of = (rows: readonly R[], key: Measure): ReadonlyMap<string, number> =>
    valuesOf(
      rows.filter((row) => datasetName(row) === set),
      isCut,
      (row) => row[key] ?? null,
    );
  return methods.flatMap(({ name: label, traits, rows, baseline }): Compared[] => {
    const first = rows.find((row) => datasetName(row) === set);
    if (first === undefined) return [];
    const { dataset, bundled_examples = null } = first;
    const is_baseline = label === baseline.series?.name;
    const reason =
      baseline.series === null ? baseline.reason : "no example for which the server reports both";
    const against = (key: Measure) => {
      const { pairs } = matchPairs(of(rows, key), of(baseline.series?.rows ?? [], key));
      return is_baseline || pairs.length === 0
        ? { mean: { estimate: null, reason }, p: null }
        : unboundedDifference(pairs, { random: random(`divergence table, ${key}`) });
    };
    const values = Float64Array.from(of(rows, "kl_nats").values());
    const kl: Estimate =
      values.length === 0
        ? { estimate: null, reason: "not reported by the server" }
        : unboundedMean(values, { random: random("divergence table") });
    const klDifference = against("kl_nats");
    const loss = against("reference_nll").mean;
    return [
      {
        kl,
        klDifference: klDifference.mean,
        loss,
        data: {
          ...{
            dataset,
            bundled_examples,
            label,
            model: traits.get("model") ?? null,
            group: name,
            is_baseline,
          },
          baseline: baseline.series?.name ?? null,
          n: values.length,
          kl_nats: kl.estimate,
          kl_low: boundsOf(kl).low,
          kl_high: boundsOf(kl).high,
          kl_mass: meanOrNull(of(rows, "kl_mass")),
          top1_agreement: meanOrNull(of(rows, "top1_agreement")),
          kl_difference: klDifference.mean.estimate,
          kl_difference_low: boundsOf(klDifference.mean).low,
          kl_difference_high: boundsOf(klDifference.mean).high,
          kl_p: klDifference.p,
          reference_nll: meanOrNull(of(rows, "reference_nll")),
          reference_difference: loss.estimate,
          reference_difference_low: boundsOf(loss).low,
          reference_difference_high: boundsOf(loss).high,
        },
      },
    ];
  });
}

type Measure = "kl_nats" | "kl_mass" | "top1_agreement" | "reference_nll";

function meanOrNull(values: ReadonlyMap<string, number>): number | null {
  return values.size === 0 ? null : [...values.values()].reduce((sum, one) => sum + one, 0) / values.size;
}

/** Nats to three decimals, with their interval. */
function natsCell(estimate: Estimate): Cell {
  if (estimate.estimate === null) return missing("reason" in estimate ? estimate.reason : "not known");
  const text = nats(estimate.estimate);
  if (!("low" in estimate)) return { text, note: estimate.reason };
  return { text: `${text} [${nats(estimate.low)}, ${nats(estimate.high)}]` };
}

/** A difference that rounds to zero has no sign. */
const nats = (value: number): string => formatFixed(value, 3);

/** Why some are not known, and how many. */
function reasonNotes(rows: readonly QualityRecord[]): string[] {
  const told = rows.filter(({ divergence_reason }) => divergence_reason != null);
  return [...group(told, ({ divergence_reason }) => divergence_reason)].map(
    ([reason, { length }]) => `Incomplete for ${formatCount(length)} requests: ${reason}.`,
  );
}

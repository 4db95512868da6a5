import { exactMatch, hotpotF1, setF1, stringMatch, tokenF1 } from "./answer-scores.js";
import { cacheblendF1, cacheblendTexts } from "./cacheblend-f1.js";
import { rouge } from "./rouge.js";
import { rougeLPltrdy } from "./rouge-l-pltrdy.js";

/** Scores a prediction against references, from 0 to 1; the best reference counts. */
export type Scorer = (prediction: string, references: readonly string[]) => number;

/** The metrics over words, by their names in logs; each name says which dialect it is. */
export const SCORERS = {
  set_f1: setF1,
  token_f1: tokenF1,
  hotpot_f1: hotpotF1,
  exact_match: exactMatch,
  string_match: stringMatch,
  rouge1: (prediction, references) =>
    rouge(prediction, references, { type: "rouge1", stemmer: false }).fmeasure,
  rouge2: (prediction, references) =>
    rouge(prediction, references, { type: "rouge2", stemmer: false }).fmeasure,
  rougeL: (prediction, references) =>
    rouge(prediction, references, { type: "rougeL", stemmer: false }).fmeasure,
  rougeLsum: (prediction, references) =>
    rouge(prediction, references, { type: "rougeLsum", stemmer: false }).fmeasure,
  rougeL_stemmed: (prediction, references) =>
    rouge(prediction, references, { type: "rougeL", stemmer: true }).fmeasure,
  rougeL_pltrdy: (prediction, references) => rougeLPltrdy(prediction, references).fmeasure,
} as const satisfies Readonly<Record<string, Scorer>>;

/** The metrics over the answering model's own token ids, each with the texts whose ids it needs. */
export const TOKEN_SCORERS = {
  cacheblend_f1: { score: cacheblendF1, textsOf: cacheblendTexts },
} as const;

/** The name of a metric that a quality run can score with. */
export type MetricName = keyof typeof SCORERS | keyof typeof TOKEN_SCORERS;

/** Every {@link MetricName}. */
export const METRIC_NAMES = [...Object.keys(SCORERS), ...Object.keys(TOKEN_SCORERS)] as [
  MetricName,
  ...MetricName[],
];

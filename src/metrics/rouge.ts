import { OptionError } from "../domain/errors/errors.js";
import { countTokens, listReferences, type References } from "./answers.js";
import { lcsLength, lcsPlaces } from "./lcs.js";
import { porterStem } from "./porter-stem.js";

/** Which units are compared: words, word pairs, the longest common subsequence of the text, or of its lines. */
export type RougeType = "rouge1" | "rouge2" | "rougeL" | "rougeLsum";

export interface RougeOptions {
  /** What is compared: words (`rouge1`), word pairs, the longest common subsequence of the text, or of its lines (`rougeLsum`). */
  readonly type: RougeType;
  /** Whether words are compared by their Porter stems; default false, as in rouge-score. */
  readonly stemmer?: boolean;
}

type Scorer = (prediction: string, reference: string, stemmer: boolean) => RougeScore;

const SCORERS: Readonly<Record<RougeType, Scorer>> = {
  rouge1: (prediction, reference, stemmer) => ngramScore(1, prediction, reference, stemmer),
  rouge2: (prediction, reference, stemmer) => ngramScore(2, prediction, reference, stemmer),
  rougeL: subsequenceScore,
  rougeLsum: summaryScore,
};

/**
 * ROUGE of a prediction; with several references, the score of the highest F.
 *
 * Equal to Google's Python package rouge-score 0.1.2 (`RougeScorer([type], use_stemmer=stemmer)`), where rougeLsum treats
 * each line as a sentence. A text without a token a–z or 0–9 scores 0. For the values LongBench prints see
 * `metrics.rougeLPltrdy`.
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several of which any is right.
 * @throws OptionError for an unknown type, or if there is no reference.
 * @example
 * metrics.rouge("the cat sat", "the cat lay down", { type: "rougeL", stemmer: true })
 * // { precision: 2/3, recall: 1/2, fmeasure: 4/7 }
 */
export function rouge(prediction: string, references: References, options: RougeOptions): RougeScore {
  if (!Object.hasOwn(SCORERS, options.type)) {
    throw new OptionError("type", `must be one of ${Object.keys(SCORERS).join(", ")}`, options.type);
  }
  const { type, stemmer = false } = options;
  return bestByFmeasure(
    listReferences(references).map((reference) => SCORERS[type](prediction, reference, stemmer)),
  );
}

function ngramScore(n: number, prediction: string, reference: string, stemmer: boolean): RougeScore {
  const predicted = ngrams(n, rougeTokens(prediction, stemmer));
  const expected = ngrams(n, rougeTokens(reference, stemmer));
  const available = countTokens(predicted);
  let hits = 0;
  for (const [ngram, count] of countTokens(expected)) hits += Math.min(count, available.get(ngram) ?? 0);
  return rougeScore(hits, predicted.length, expected.length);
}

/** Tokens contain no space, so joined n-grams are unique. */
function ngrams(n: number, tokens: readonly string[]): readonly string[] {
  return tokens.slice(n - 1).map((_, start) => tokens.slice(start, start + n).join(" "));
}

function subsequenceScore(prediction: string, reference: string, stemmer: boolean): RougeScore {
  const predicted = rougeTokens(prediction, stemmer);
  const expected = rougeTokens(reference, stemmer);
  return rougeScore(lcsLength(expected, predicted), predicted.length, expected.length);
}

/**
 * The union LCS of Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004), section 3.2. A token is a
 * hit at most as often as each text has it, as in ROUGE 1.5.5.
 */
function summaryScore(prediction: string, reference: string, stemmer: boolean): RougeScore {
  const predicted = linesOfTokens(prediction, stemmer);
  const expected = linesOfTokens(reference, stemmer);
  const unused = countTokens(predicted.flat());
  let hits = 0;
  for (const line of expected) {
    const union = new Set(predicted.flatMap((candidate) => lcsPlaces(line, candidate)));
    for (const place of union) {
      const count = unused.get(line[place]!)!;
      if (count === 0) continue;
      unused.set(line[place]!, count - 1);
      hits++;
    }
  }
  return rougeScore(hits, predicted.flat().length, expected.flat().length);
}

function linesOfTokens(text: string, stemmer: boolean): readonly (readonly string[])[] {
  return text.split("\n").map((line) => rougeTokens(line, stemmer));
}

/** A ROUGE score: each from 0 to 1. */
export interface RougeScore {
  readonly precision: number;
  readonly recall: number;
  readonly fmeasure: number;
}

/** The score of `hits` units found in both texts; a text without units scores 0. */
export function rougeScore(hits: number, predictionUnits: number, referenceUnits: number): RougeScore {
  if (hits === 0) return { precision: 0, recall: 0, fmeasure: 0 };
  const precision = hits / predictionUnits;
  const recall = hits / referenceUnits;
  return { precision, recall, fmeasure: (2 * precision * recall) / (precision + recall) };
}

/** The score of the highest F, or the first of equals, as rouge-score's `score_multi` chooses. */
export function bestByFmeasure(scores: readonly RougeScore[]): RougeScore {
  return scores.reduce((best, score) => (score.fmeasure > best.fmeasure ? score : best));
}

/**
 * The tokens of rouge-score's default tokenizer: runs of a–z and 0–9 of the lower-case text.
 *
 * Letters of other scripts and accented ones separate tokens, so a text in Chinese or Russian has none.
 *
 * @param stemmer whether tokens of more than three characters are cut to their Porter stem.
 * @example rougeTokens("The café's owners", true) // ["the", "caf", "s", "owner"]
 */
export function rougeTokens(text: string, stemmer: boolean): readonly string[] {
  const tokens = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  if (!stemmer) return tokens;
  const stems = new Map(
    [...new Set(tokens)].map((token) => [token, token.length > 3 ? porterStem(token) : token]),
  );
  return tokens.map((token) => stems.get(token)!);
}

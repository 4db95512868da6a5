import { OptionError } from "../domain/errors/errors.js";
import { lowerMean, meanInterval, SCORE_DIFFERENCES } from "./bounded-mean.js";
import { criticalRatio } from "./count-limit.js";
import { furthest } from "./furthest.js";
import { type BootstrapOptions, bootstrapOptions, type Estimate } from "./interval.js";
import { differencesOf, inOneOrder } from "./pairs.js";
import { signFlipP } from "./sign-flip.js";
import { meanOf } from "./summary.js";

/** The scores of one example under three methods. */
export interface ThreeScores {
  readonly full: number;
  readonly reuse: number;
  readonly blend: number;
}

/**
 * The share of full KV reuse's loss that blending recovers, (Q_blend − Q_reuse) / (Q_full − Q_reuse), on the same examples: 1
 * is the quality of full prefill, 0 that of reuse.
 *
 * The interval contains every share ρ for which the mean of (blend − reuse) − ρ·(full − reuse) may be 0 (Fieller, "Some
 * problems in interval estimation", 1954; https://en.wikipedia.org/wiki/Fieller%27s_theorem). If the interval of the loss
 * Q_full − Q_reuse includes 0, the shares are unbounded, and the estimate has no interval; if even a sign-flip test can't
 * distinguish the loss from 0, there may be nothing to recover, and the ratio is refused.
 *
 * Simulated (exact match and F1, losses in 10 to 75 % of the examples, blends that recover 60 to 99 % of them, 300 samples
 * per cell), the 95 % interval, if there is one, contained the share in 96 to 100 % for 10 to 200 examples.
 *
 * @param examples the scores of each example under the three methods, from 0 to 1.
 * @returns a reason instead of the interval, or of the estimate, if there is none.
 * @throws OptionError for no examples, a score that is not finite, or an option out of range.
 * @example
 * const examples = Array.from({ length: 50 }, (_, i) => ({ full: 1, reuse: i % 2, blend: i % 10 ? 1 : 0 }));
 * stats.recovery(examples) // { estimate: 0.8, low: 0.5996, high: 0.9724 }
 */
export function recovery(examples: readonly ThreeScores[], options: BootstrapOptions = {}): Estimate {
  const { resamples, confidence, random } = bootstrapOptions(options);
  if (examples.length === 0) throw new OptionError("examples", "must hold at least one example", "none");
  const broken = examples.findIndex(({ full, reuse, blend }) => !Number.isFinite(full + reuse + blend));
  if (broken >= 0)
    throw new OptionError(`examples[${broken}]`, "must have three finite scores", examples[broken]);
  if (examples.some((scores) => Object.values(scores).some((score) => !(score >= 0 && score <= 1))))
    return { estimate: null, reason: "an interval needs scores from 0 to 1" };

  const ordered = inOneOrder(examples.map(({ full, reuse, blend }) => [full, reuse, blend] as const));
  const lost = differencesOf(ordered.map(([full, reuse]) => [full, reuse]));
  const won = differencesOf(ordered.map(([, reuse, blend]) => [blend, reuse]));
  const loss = meanInterval(lost, confidence, SCORE_DIFFERENCES);
  const estimate = meanOf(won) / meanOf(lost);
  if (loss.low <= 0 && loss.high >= 0) {
    const because =
      `the interval of its loss [${loss.low.toPrecision(3)}, ${loss.high.toPrecision(3)}] includes 0`.replaceAll(
        "-",
        "\u2212",
      );
    return signFlipP(lost, resamples, random.fork("signs")) < 1 - confidence
      ? {
          estimate,
          reason: `too few examples for an interval: reuse ${meanOf(lost) > 0 ? "loses" : "gains"}, but ${because}`,
        }
      : { estimate: null, reason: `reuse may lose nothing: ${because}` };
  }
  const critical = criticalRatio((1 - confidence) / 2);
  // A share is too far off in one direction if the mean of the remainder is surely on the other side of 0.
  const mayBe = (share: number, direction: 1 | -1): boolean => {
    const sign = -direction * Math.sign(loss.low);
    const rest = won.map((value, i) => sign * (value - share * lost[i]!));
    // blend − ρ·full − (1 − ρ)·reuse is bounded by the sum of its weights of one sign.
    return lowerMean(rest, -Math.max(1, share, 1 - share), critical) <= 0;
  };
  return { estimate, low: furthest(mayBe, estimate, -1), high: furthest(mayBe, estimate, 1) };
}

import { OptionError } from "../domain/errors/errors.js";
import type { Random } from "../stats/random.js";

/**
 * The intervals between the requests of an open loop: constant, as in a Poisson process, or from a gamma distribution whose
 * shape is the burstiness: 1 is Poisson, below 1 burstier, above 1 more even.
 */
export type Spacing =
  | { readonly kind: "constant" }
  | { readonly kind: "poisson" }
  | { readonly kind: "gamma"; readonly burstiness: number };

/** How many start per second: a constant number, or one that rises or falls with time. */
export type Pace =
  | { readonly kind: "steady"; readonly ratePerSecond: number }
  | {
      readonly kind: "linear" | "exponential";
      readonly startPerSecond: number;
      readonly endPerSecond: number;
    };

/**
 * When each request of an open loop is meant to start, in seconds: the first at 0, the last when that many are due by the
 * rate, whatever the spacing.
 *
 * Gaps of a gamma distribution have the shape `burstiness` and the mean 1 / rate, and are scaled so that their sum is exact:
 * otherwise a few requests would come at a rate different from the stated one. Both as in vLLM's benchmark (`get_request` of
 * `vllm/benchmarks/serve.py`, `--burstiness`). Its ramps follow the number of the request, and their gaps are not scaled;
 * here they follow time, as their names say.
 *
 * @throws OptionError for a count that is not a whole number from 1, and for a rate or burstiness that is not above 0.
 * @example
 * arrivalTimes(4, { kind: "steady", ratePerSecond: 2 }, { kind: "constant" }, random(1)) // [0, 0.5, 1, 1.5]
 */
export function arrivalTimes(
  count: number,
  pace: Pace,
  spacing: Spacing,
  draw: Random,
): Float64Array<ArrayBuffer> {
  if (!Number.isSafeInteger(count) || count < 1)
    throw new OptionError("count", "must be a whole number of at least 1", count);
  const timeOf = timeAfter(pace, count - 1);
  // Rounding may put an arrival before the one ahead of it, where a burst has them at one moment.
  let latest = 0;
  return arrivalsAtOnePerSecond(count, spacing, draw).map((arrivals) => {
    latest = Math.max(latest, timeOf(arrivals));
    return latest;
  });
}

/**
 * A trace's own times, shifted so that the first is 0 and replayed `speed` times as fast.
 *
 * @throws OptionError for times that are not numbers or go back, and for a speed that is not above 0.
 * @example traceTimes([10, 10.5, 14], 2) // [0, 0.25, 2]
 */
export function traceTimes(seconds: ArrayLike<number>, speed: number): Float64Array<ArrayBuffer> {
  above0("speed", speed);
  const first = seconds[0] ?? 0;
  return Float64Array.from(seconds, (at, index) => {
    if (!Number.isFinite(at)) throw new OptionError(`times[${index}]`, "must be a number of seconds", at);
    if (index > 0 && at < seconds[index - 1]!)
      throw new OptionError(`times[${index}]`, "must not lie before the time ahead of it", at);
    return (at - first) / speed;
  });
}

/** Sums of gaps whose mean is exactly 1. */
function arrivalsAtOnePerSecond(count: number, spacing: Spacing, draw: Random): Float64Array<ArrayBuffer> {
  const gaps = count - 1;
  if (spacing.kind === "constant" || gaps === 0)
    return Float64Array.from({ length: count }, (_, index) => index);
  const shape = spacing.kind === "poisson" ? 1 : above0("burstiness", spacing.burstiness);
  const logs = Float64Array.from({ length: gaps }, () => logGamma(shape, draw));
  // The largest becomes 1: at a burstiness of 0.001 the gaps themselves would be too small for a number.
  const most = logs.reduce((most, log) => Math.max(most, log), Number.NEGATIVE_INFINITY);
  const sizes = logs.map((log) => Math.exp(log - most));
  const scale = gaps / sizes.reduce((sum, size) => sum + size, 0);
  let at = 0;
  const times = new Float64Array(count);
  sizes.forEach((size, index) => {
    at += size * scale;
    times[index + 1] = at;
  });
  return times;
}

/**
 * The logarithm of a number drawn from the gamma distribution with this shape and scale 1: one of shape + 1 by Marsaglia and Tsang,
 * "A simple method for generating gamma variables" (2000), times u^(1 / shape), which is exact for every shape.
 */
function logGamma(shape: number, draw: Random): number {
  const d = shape + 2 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = draw.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    // 1 − u is in (0, 1], where the logarithm is finite.
    if (Math.log(1 - draw()) < x ** 2 / 2 + d * (1 - v + Math.log(v)))
      return Math.log(d * v) + Math.log(1 - draw()) / shape;
  }
}

/** After how many seconds a number of arrivals, out of `all`, is due, by the integral of the rate. */
function timeAfter(pace: Pace, all: number): (arrivals: number) => number {
  if (pace.kind === "steady") {
    const rate = above0("ratePerSecond", pace.ratePerSecond);
    return (arrivals) => arrivals / rate;
  }
  const from = above0("startPerSecond", pace.startPerSecond);
  const to = above0("endPerSecond", pace.endPerSecond);
  if (from === to) return (arrivals) => arrivals / from;
  if (pace.kind === "linear") {
    // from² + 2 · slope · arrivals is the square of the rate at that moment.
    const squares = (to ** 2 - from ** 2) / Math.max(1, all);
    return (arrivals) => (2 * arrivals) / (from + Math.sqrt(from ** 2 + squares * arrivals));
  }
  const growth = (to - from) / Math.max(1, all);
  return (arrivals) => Math.log1p((growth * arrivals) / from) / growth;
}

function above0(name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new OptionError(name, "must be a number above 0", value);
}

import { OptionError } from "../errors/errors.js";
import { MOST_REQUESTS } from "../errors/options.js";
import type { RampStrategy } from "./words.js";

/** A rate that changes from a start to an end while requests come. */
export interface Ramp {
  readonly strategy: RampStrategy;
  readonly startPerSecond: number;
  readonly endPerSecond: number;
  /** How long it takes; null if a log does not say. */
  readonly seconds: number | null;
}

/** A ramp's requests that came while its rate was within these bounds; `low` is the lower one also where the rate falls. */
export interface RampPart {
  readonly index: number;
  readonly low: number;
  readonly high: number;
  /** How long the rate was within them; null if the ramp's own time is not known. */
  readonly seconds: number | null;
}

/** Requests of each part where there are enough, and the bounds of how many parts there are. */
const PART_REQUESTS = 30;
const FEWEST_PARTS = 4;
const MOST_PARTS = 10;

/**
 * How many requests come in a ramp: its mean rate times its duration.
 *
 * @example requestsOfRamp({ strategy: "linear", startPerSecond: 1, endPerSecond: 8 }, 60) // 270
 */
export function requestsOfRamp(ramp: Omit<Ramp, "seconds">, seconds: number): number {
  const { strategy, startPerSecond: start, endPerSecond: end } = ramp;
  if (strategy === "linear") return Math.round(((start + end) / 2) * seconds);
  return Math.round(((end - start) / Math.log(end / start)) * seconds);
}

/** Fewer requests show nothing of a rate that changes. */
const FEWEST_REQUESTS = 20;

/** @throws OptionError for a ramp that ends at the rate it starts at, or is too short to show anything. */
export function requireRamp<R extends Ramp & { readonly seconds: number }>(ramp: R): R {
  const { startPerSecond, endPerSecond, seconds } = ramp;
  const given = `${startPerSecond}:${endPerSecond}:${seconds}`;
  if (startPerSecond === endPerSecond)
    throw new OptionError(
      "ramp",
      "must end at another rate than it starts at; to keep one, use ratesPerSecond",
      given,
    );
  const requests = requestsOfRamp(ramp, seconds);
  if (requests >= FEWEST_REQUESTS && requests <= MOST_REQUESTS) return ramp;
  const rule = `must be long enough for ${FEWEST_REQUESTS} requests at its rates, and for at most ${MOST_REQUESTS}`;
  throw new OptionError("ramp", `${rule}: it has ${requests}`, given);
}

/** The rate when a share of a ramp's time has passed. */
export function rateAfter(
  { strategy, startPerSecond: start, endPerSecond: end }: Omit<Ramp, "seconds">,
  share: number,
): number {
  const passed = Math.min(1, Math.max(0, share));
  return strategy === "linear" ? start + (end - start) * passed : start * (end / start) ** passed;
}

/** A ramp parted so that in each part about as many requests come. */
export function partsOfRamp(ramp: Ramp, requests: number): readonly RampPart[] {
  const { startPerSecond: start, endPerSecond: end, strategy, seconds } = ramp;
  const count = Math.min(MOST_PARTS, Math.max(FEWEST_PARTS, Math.floor(requests / PART_REQUESTS)));
  // Of a linear ramp the square of the rate grows with the number of requests, of an exponential one the rate.
  const rateAt = (share: number): number =>
    strategy === "linear"
      ? Math.sqrt(start ** 2 + (end ** 2 - start ** 2) * share)
      : start + (end - start) * share;
  const passedAt = (rate: number): number =>
    strategy === "linear" ? (rate - start) / (end - start) : Math.log(rate / start) / Math.log(end / start);
  return Array.from({ length: count }, (_, index) => {
    const [first, last] = [rateAt(index / count), rateAt((index + 1) / count)];
    return {
      index,
      low: Math.min(first, last),
      high: Math.max(first, last),
      seconds: seconds === null ? null : (passedAt(last) - passedAt(first)) * seconds,
    };
  });
}

/** The part in which a request came. */
export function partAt(parts: readonly RampPart[], ratePerSecond: number): RampPart {
  const rises = parts[0]!.low < parts.at(-1)!.low;
  const found = parts.find(({ low, high }) => (rises ? ratePerSecond < high : ratePerSecond > low));
  return found ?? parts.at(-1)!;
}

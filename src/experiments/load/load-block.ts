import { withCounterTotals } from "../../client/server-counters.js";
import { OptionError } from "../../domain/errors/errors.js";
import type { Arrivals, LoadPlan } from "../../load/load-plan.js";
import { runLoad } from "../../load/run-load.js";
import { arrivalTimes, type Pace, type Spacing, traceTimes } from "../../load/schedule.js";
import type { Random } from "../../stats/random.js";
import type { Shard } from "../run-plan.js";
import type { BlockSizes, LoadBlock, MeasuredRamp } from "./levels.js";
import { type CheckedLoadOptions, type MeasuredLoadBlock, RAMP_OF_OWN_TIMES } from "./load-options.js";
import { type BlockPart, placesOf } from "./load-parts.js";
import { recordsOf } from "./load-records.js";
import { type LoadSide, type OfferedRequest, startsOf } from "./load-side.js";

/**
 * Measures one block: makes all of its requests, sends them, and gives their records in the order of the plan.
 *
 * @param order the block's own source of chance, the same for all labels.
 * @param part which requests to send, and when, where others send the rest; null where all are sent.
 * @returns null where the part sends none: none falls to it, or it was ready too late.
 */
export async function measureLoadBlock(
  side: LoadSide,
  block: LoadBlock,
  order: Random,
  options: CheckedLoadOptions,
  part: BlockPart | null,
): Promise<MeasuredLoadBlock | null> {
  const { timeoutSeconds, threads, recordGaps, signal } = options;
  const offered = await offerBlock(side, block, part);
  const own = offered.flatMap((_, index) => (part === null || part.isOwn(index) ? [index] : []));
  const whole = arrivalsOf(block, offered, order, options);
  const posts = [];
  for (const index of part?.isTooLate() ? [] : own) {
    const { prompt, request } = offered[index]!;
    posts.push(await side.underLoad.posted(prompt, { maxTokens: request.maxTokens }));
  }
  if (part !== null && (posts.length === 0 || part.isTooLate())) {
    passOver(side, offered, part);
    return null;
  }
  const plan: LoadPlan = {
    posts,
    ...{ mode: "stream", timeoutSeconds, threads, recordGaps },
    keepText: offered.some(({ request }) => request.example !== null),
    arrivals: part === null ? whole : shareOf(whole, own, part.shard),
    startsAtMs: part?.startsAtMs,
    ...(signal && { signal }),
  };
  const { result: load, totals } = await withCounterTotals(side.method.server, () => runLoad(plan));
  const asked = { offered, own, starts: whole.kind === "schedule" ? whole.startsAtSeconds : null, part };
  const records = await recordsOf(side, block, asked, { ...load, totals }, options);
  return { block, records, client: load.client };
}

/** Makes a block's requests and sends none, so that the ones behind it are those of the plan. */
export async function passOverBlock(side: LoadSide, block: LoadBlock, part: BlockPart): Promise<void> {
  passOver(side, await offerBlock(side, block, part), part);
}

async function offerBlock(
  side: LoadSide,
  { sizes }: LoadBlock,
  part: BlockPart | null,
): Promise<readonly OfferedRequest[]> {
  const count = sizes.rampUp + sizes.measured + sizes.rampDown;
  const offered = await side.offer(count, part);
  if (part !== null && offered.length < count)
    throw new OptionError("workload", "ends within a block, which parts can't share", side.workload.kind);
  return offered;
}

const passOver = (side: LoadSide, offered: readonly OfferedRequest[], { reaches }: BlockPart): void =>
  void side.gaps(offered.filter((_, index) => reaches(index)).map(() => null));

/** A part's own of a load's arrivals: its requests at the times that the whole has for them, or its places. */
function shareOf(whole: Arrivals, own: readonly number[], shard: Shard): Arrivals {
  if (whole.kind === "closed") return { kind: "closed", concurrency: placesOf(whole.concurrency, shard) };
  if (whole.kind !== "schedule") throw new RangeError("a block's open loop has a schedule");
  return { kind: "schedule", startsAtSeconds: own.map((index) => whole.startsAtSeconds[index]!) };
}

/** All labels of a block meet the same arrivals; a trace's are its own, run through so fast that its mean rate is the level's. */
function arrivalsOf(
  { concurrency, rate_per_second: ratePerSecond, ramp, sizes }: LoadBlock,
  offered: readonly OfferedRequest[],
  order: Random,
  { arrivals = "poisson", burstiness = 1, workload }: CheckedLoadOptions,
): Arrivals {
  if (concurrency !== null) return { kind: "closed", concurrency };
  const own = startsOf(offered);
  if (own !== null) {
    // Scaled once over the whole: its busy and quiet times stay as far apart as they are.
    const { ownRatePerSecond } = workload;
    if (ratePerSecond === null) throw new OptionError("ramp", RAMP_OF_OWN_TIMES, workload.kind);
    if (ownRatePerSecond == null)
      throw new OptionError("workload", "must say its own rate, as its requests have times", workload.kind);
    return { kind: "schedule", startsAtSeconds: [...traceTimes(own, ratePerSecond / ownRatePerSecond)] };
  }
  const spacing: Spacing = arrivals === "gamma" ? { kind: "gamma", burstiness } : { kind: arrivals };
  const paces = pacesOf(ratePerSecond ?? ramp);
  const starts = startsInParts(sizes, paces, spacing, order.fork("arrivals"));
  // A workload may end sooner than the block.
  return { kind: "schedule", startsAtSeconds: starts.slice(0, offered.length) };
}

/** How fast each part of a block comes: at its rate, or of a ramp at the rates of its beginning and end around it. */
function pacesOf(asked: number | MeasuredRamp): Readonly<Record<keyof BlockSizes, Pace>> {
  const steady = (ratePerSecond: number): Pace => ({ kind: "steady", ratePerSecond });
  if (typeof asked === "number")
    return { rampUp: steady(asked), measured: steady(asked), rampDown: steady(asked) };
  const { strategy: kind, startPerSecond, endPerSecond } = asked;
  return {
    rampUp: steady(startPerSecond),
    measured: { kind, startPerSecond, endPerSecond },
    rampDown: steady(endPerSecond),
  };
}

/** Each part of a block comes at exactly its rate: of a whole block, few measured requests could come at twice the rate. */
function startsInParts(
  { rampUp, measured, rampDown }: BlockSizes,
  paces: Readonly<Record<keyof BlockSizes, Pace>>,
  spacing: Spacing,
  draw: Random,
): readonly number[] {
  const starts: number[] = [];
  let begin = 0;
  for (const [name, count] of Object.entries({ rampUp, measured, rampDown })) {
    const times = arrivalTimes(count + 1, paces[name as keyof BlockSizes], spacing, draw.fork(name));
    for (const at of times.subarray(0, count)) starts.push(begin + at);
    begin += times[count]!;
  }
  return starts;
}

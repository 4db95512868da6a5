import { smallest } from "../../domain/extremes.js";
import {
  blocksFor,
  type MeasuredRamp,
  requestsWithin,
  requestsWithinRamp,
} from "../../experiments/load/levels.js";
import { aloneWithout, type GatePlan } from "../../report/gates/planned-gates.js";
import { FEWEST_BLOCKS } from "../../stats/block-bootstrap.js";

/** What a load is given, at levels or in a search, as far as it decides how many requests a row has. */
interface PlannedLoad {
  readonly methods: readonly string[] | undefined;
  readonly requests?: number;
  readonly repeats?: number;
  readonly blocks?: number;
  readonly levelSeconds?: number;
  readonly ratesPerSecond?: readonly number[];
  readonly ramp?: MeasuredRamp;
  /** Of a search, where a rate may be tried only once. */
  readonly between?: readonly [lowest: number, highest: number];
}

/** Requests of a level where nothing is said, as in the library. */
const USUAL_REQUESTS = 100;

/** What is known of a load before it begins. */
export function gatePlanOfLoad(load: PlannedLoad): GatePlan {
  const { methods, repeats = 1, levelSeconds, ratesPerSecond, ramp, between } = load;
  const requests =
    ramp !== undefined
      ? requestsWithinRamp(ramp)
      : levelSeconds !== undefined && ratesPerSecond !== undefined
        ? smallest(ratesPerSecond.map((rate) => requestsWithin(levelSeconds, rate)))
        : (load.requests ?? USUAL_REQUESTS);
  const blocks = ramp !== undefined ? 1 : Math.min(requests, load.blocks ?? blocksFor(requests));
  const by = ramp !== undefined ? "--ramp" : levelSeconds !== undefined ? "--level_seconds" : "--requests";
  return {
    requests: () => ({ count: requests * repeats, by }),
    alone: aloneWithout(methods),
    interval:
      between === undefined
        ? {
            count: blocks * repeats,
            needs: FEWEST_BLOCKS,
            of: "blocks",
            by: ramp === undefined ? "--blocks" : "--repeats",
          }
        : { count: 1, needs: FEWEST_BLOCKS, of: "blocks", by: "--find_limit" },
  };
}

import type { GatePlan } from "../../report/gates/planned-gates.js";
import { FEWEST_BLOCKS } from "../../stats/block-bootstrap.js";

/** What a run of proxies is asked, as far as it decides how many requests a row has. */
interface PlannedProxy {
  readonly requests: number;
  readonly streamRequests: number;
  readonly repeats: number;
  readonly blocks?: number;
}

/** What is known of a run of proxies before it begins: whole answers have only their latency, streams all times. */
export function gatePlanOfProxy({ requests, streamRequests, repeats, blocks }: PlannedProxy): GatePlan {
  const ofStreams = { count: streamRequests * repeats, by: "--stream-requests" };
  return {
    requests: ({ time }) =>
      time === "e2e" && requests < streamRequests
        ? { count: requests * repeats, by: "--requests" }
        : ofStreams,
    alone: null,
    interval:
      blocks === undefined
        ? null
        : { count: blocks * repeats, needs: FEWEST_BLOCKS, of: "blocks", by: "--blocks" },
  };
}

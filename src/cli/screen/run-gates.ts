import type { GatePlan } from "../../report/gates/planned-gates.js";
import { FEWEST_VALUES } from "../../stats/interval.js";

/**
 * What is known of a run whose rows all have the same number of requests.
 *
 * @param by the flag that says how many.
 */
export const gatePlanOfRuns = (count: number, alone: string | null, by = "--runs"): GatePlan => ({
  requests: () => ({ count, by }),
  alone,
  interval: { count, needs: FEWEST_VALUES, of: "requests", by },
});

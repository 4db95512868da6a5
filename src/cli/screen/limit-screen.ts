import type { RateLimit, RateTried } from "../../experiments/load/limit/find-limit.js";

/** The share of requests that --find_limit wants; no flag changes it. */
const WANTED = 0.9;

/** What one run of a search showed. */
export function runLine({
  label,
  ratePerSecond,
  met,
  share,
  clientWasLimit,
}: RateTried & { label: string; share: number }): string {
  const verdict = met === null ? "can't tell" : met ? "met" : "not met";
  const limit = clientWasLimit ? "; the client was the limit" : "";
  const drift = met === false && share >= WANTED ? ": TTFT rose or fell over the run" : "";
  return `${label} at ${ratePerSecond}/s: ${verdict}, ${drift === "" ? "" : "though "}by ${Math.round(100 * share)} % of the requests${drift}${limit}`;
}

/** What a search found of each label, a sentence each. */
export const limitLines = (limits: Readonly<Record<string, RateLimit>>): readonly string[] =>
  Object.entries(limits).map(([label, limit]) => `${label}: ${sentence(limit)}`);

function sentence(limit: RateLimit): string {
  switch (limit.kind) {
    case "between":
      return `${between(limit)}${limit.settled ? "" : "; not settled, because the runs were used up"}.`;
    case "below":
      return `already ${limit.high} requests a second failed the objectives; begin lower (--rates lowest,highest).`;
    case "above":
      return `${limit.low} requests a second, the highest rate tried, still met the objectives; go higher (--rates lowest,highest).`;
    case "client":
      return `${upTo(limit.low)}at ${limit.ratePerSecond} this client was the limit, not the server: use a machine with more free cores.`;
    case "undecided":
      return `${upTo(limit.low)}at ${limit.ratePerSecond} a run could not tell: no answer had a time with an objective, or requests were not what the label says (evidence in the log).`;
  }
}

function between({ low, high }: { readonly low: number | null; readonly high: number | null }): string {
  if (low === null) return `no rate met the objectives in all of its runs; ${high} failed them in all`;
  if (high === null)
    return `${low} requests a second met the objectives in all runs; no rate failed them in all`;
  return `${low} requests a second met the objectives in all runs, ${high} in none`;
}

const upTo = (low: number | null): string =>
  low === null ? "" : `${low} requests a second met the objectives; `;

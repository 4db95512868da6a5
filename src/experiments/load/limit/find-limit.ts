/** What one run at a rate says of the objectives. */
export interface RateTried {
  readonly ratePerSecond: number;
  /** Null if the run is inconclusive, for instance because no answer has a time with an objective. */
  readonly met: boolean | null;
  /** Whether the client, not the server, set the pace. */
  readonly clientWasLimit: boolean;
}

export interface LimitSearch {
  /** The rate tried first. */
  readonly lowest: number;
  /** No rate above is tried. */
  readonly highest: number;
  /** How close two bounds must come before they are confirmed: 0.1 is 10 %; from 0.02. */
  readonly resolution: number;
  /** Runs that confirm a bound; an odd number. */
  readonly repeats: number;
  /** Runs after which the search ends, settled or not. */
  readonly mostRuns: number;
}

/** The highest rate that meets the objectives, as far as it was found. */
export type RateLimit =
  /**
   * Between a rate at which every run met the objectives and one at which none did, `repeats` runs each; null for an end that no
   * such rate in the search's range has shown. Where the runs were used up before, it is not `settled`, and an end has fewer runs.
   *
   * Of 200 simulated searches with 5 runs each, on a server with a queue, 95 to 99 % enclosed the rate at which every second run
   * meets the objectives, whether service takes always the same time or an exponential one, with 24, 100 or 300 requests a run;
   * with 3 runs each, 62 to 92 %. Runs of few requests on an unsteady server disagree most: their intervals are wide.
   */
  | {
      readonly kind: "between";
      readonly low: number | null;
      readonly high: number | null;
      readonly settled: boolean;
    }
  /** Already the lowest rate failed. */
  | { readonly kind: "below"; readonly high: number }
  /** The highest rate still met them. */
  | { readonly kind: "above"; readonly low: number }
  /** At this rate the client set the pace, in `repeats` runs; `low` is the highest that met them before. */
  | { readonly kind: "client"; readonly ratePerSecond: number; readonly low: number | null }
  /** At this rate a run was inconclusive. */
  | { readonly kind: "undecided"; readonly ratePerSecond: number; readonly low: number | null };

/** What to do next: run at a rate, or stop. */
export type LimitStep =
  | { readonly kind: "run"; readonly ratePerSecond: number }
  | { readonly kind: "stop"; readonly limit: RateLimit };

/** Searches for the highest rate that meets the objectives, by runs at rates that {@link nextRate} chooses. */
export async function findLimit(
  search: LimitSearch,
  measure: (ratePerSecond: number) => Promise<Omit<RateTried, "ratePerSecond">>,
): Promise<{ readonly limit: RateLimit; readonly tried: readonly RateTried[] }> {
  const tried: RateTried[] = [];
  for (;;) {
    const step = nextRate(tried, search);
    if (step.kind === "stop") return { limit: step.limit, tried };
    const { met, clientWasLimit } = await measure(step.ratePerSecond);
    tried.push({ ratePerSecond: step.ratePerSecond, met, clientWasLimit });
  }
}

/**
 * The next step of a search, from all runs so far: the rate is doubled until a run fails, the bounds brought together by bisection,
 * and each confirmed by further runs; where the runs at a bound disagree, the next rate outwards is tried, so that the interval
 * ends where all agree. The majority of its runs says what a rate is, so that a stray run is outvoted as soon as it matters.
 *
 * @example
 * const search = { lowest: 1, highest: 64, resolution: 0.1, repeats: 3, mostRuns: 40 };
 * nextRate([{ ratePerSecond: 1, met: true, clientWasLimit: false }], search) // { kind: "run", ratePerSecond: 2 }
 */
export function nextRate(tried: readonly RateTried[], search: LimitSearch): LimitStep {
  const votes = votesOf(tried);
  const failing = votes.find(({ met, failed }) => failed > met);
  const below = votes.filter(({ rate }) => rate < (failing?.rate ?? Number.POSITIVE_INFINITY));
  const passing = below.findLast(({ met, failed }) => met > failed);

  const early = stopsAt(tried, passing?.rate ?? null, search.repeats);
  if (early !== null) return stop(early);
  const split = below.find(({ met, failed }) => met === failed);
  const step = split === undefined ? nextOf(votes, { passing, failing }, search) : run(split.rate);
  if (step.kind === "stop" || tried.length < search.mostRuns) return step;
  const isBelow = (rate: number) => passing !== undefined && rate <= passing.rate;
  const low = votes.findLast(({ rate, met, failed }) => isBelow(rate) && met > 0 && failed === 0);
  const high = votes.find(({ rate, met, failed }) => !isBelow(rate) && failed > 0 && met === 0);
  return stop({ kind: "between", low: low?.rate ?? null, high: high?.rate ?? null, settled: false });
}

interface Votes {
  readonly rate: number;
  readonly met: number;
  readonly failed: number;
}

interface Bounds {
  readonly passing: Votes | undefined;
  readonly failing: Votes | undefined;
}

function nextOf(votes: readonly Votes[], { passing, failing }: Bounds, search: LimitSearch): LimitStep {
  const { lowest, highest, resolution, repeats } = search;
  const confirmed = ({ met, failed }: Votes): boolean => met + failed >= repeats;
  if (passing === undefined) {
    if (failing === undefined || failing.rate > lowest) return run(lowest);
    return confirmed(failing) ? stop({ kind: "below", high: lowest }) : run(lowest);
  }
  if (failing === undefined) {
    if (passing.rate < highest) return run(Math.min(highest, shortened(2 * passing.rate)));
    return confirmed(passing) ? stop({ kind: "above", low: highest }) : run(highest);
  }
  if (failing.rate / passing.rate > 1 + resolution)
    return run(shortened(Math.sqrt(passing.rate * failing.rate)));
  for (const bound of [passing, failing]) if (!confirmed(bound)) return run(bound.rate);

  const down = outwards(votes.filter(({ rate }) => rate <= passing.rate).toReversed(), "met", search);
  if (down.kind === "open") return run(down.rate);
  const up = outwards(
    votes.filter(({ rate }) => rate >= failing.rate),
    "failed",
    search,
  );
  if (up.kind === "open") return run(up.rate);
  return stop({ kind: "between", low: down.rate, high: up.rate, settled: true });
}

/** From a bound outwards: the first rate at which all confirming runs agree, or the one to be run to find it. */
function outwards(
  votes: readonly Votes[],
  side: "met" | "failed",
  { lowest, highest, resolution, repeats }: LimitSearch,
):
  | { readonly kind: "found"; readonly rate: number | null }
  | { readonly kind: "open"; readonly rate: number } {
  const end = side === "met" ? lowest : highest;
  let rate = votes[0]!.rate;
  for (;;) {
    const { met = 0, failed = 0 } = votes.find((vote) => vote.rate === rate) ?? {};
    const runs = met + failed;
    const agree = (side === "met" ? met : failed) === runs;
    if (agree && runs >= repeats) return { kind: "found", rate };
    if (agree) return { kind: "open", rate };
    if (rate === end) return { kind: "found", rate: null };
    rate =
      side === "met"
        ? Math.max(end, shortened(rate / (1 + resolution)))
        : Math.min(end, shortened(rate * (1 + resolution)));
  }
}

/** A run that the client slowed down and that failed says nothing of the server; one that met the objectives all the same does. */
const isClients = ({ met, clientWasLimit }: RateTried): boolean => clientWasLimit && met !== true;

function stopsAt(tried: readonly RateTried[], low: number | null, repeats: number): RateLimit | null {
  const last = tried.at(-1);
  if (last === undefined) return null;
  const { ratePerSecond, met } = last;
  if (!isClients(last)) return met === null ? { kind: "undecided", ratePerSecond, low } : null;
  const alike = tried.filter((run) => run.ratePerSecond === ratePerSecond && isClients(run));
  return alike.length >= repeats ? { kind: "client", ratePerSecond, low } : null;
}

function votesOf(tried: readonly RateTried[]): readonly Votes[] {
  const rates = [...new Set(tried.map(({ ratePerSecond }) => ratePerSecond))].sort((a, b) => a - b);
  return rates.map((rate) => {
    const runs = tried.filter(({ ratePerSecond }) => ratePerSecond === rate);
    const count = (met: boolean) => runs.filter((run) => run.met === met && !isClients(run)).length;
    return { rate, met: count(true), failed: count(false) };
  });
}

/** To three digits, in which a rate is shown. */
const shortened = (rate: number): number => Number(rate.toPrecision(3));

const run = (ratePerSecond: number): LimitStep => ({ kind: "run", ratePerSecond });
const stop = (limit: RateLimit): LimitStep => ({ kind: "stop", limit });

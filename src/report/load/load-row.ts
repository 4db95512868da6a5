import type { CountedFrom } from "../../domain/records/counted-from.js";
import { countedFrom } from "../../domain/records/counted-from.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { MethodName } from "../../domain/records/methods.js";
import { type Objective, REQUEST_TIME_NAMES, type RequestTime } from "../../domain/records/objectives.js";
import type { ArrivalKind, WorkloadKind } from "../../domain/records/words.js";
import type { Estimate } from "../../stats/interval.js";
import { random } from "../../stats/random.js";
import { boundsOf } from "../../tables/number-cells.js";
import { PERCENTILES, percentilesOf } from "../percentiles.js";
import { type CachedShares, countedShare, sharesOf } from "./measures/cached-share.js";
import { type Goodput, goodputOf } from "./measures/goodput.js";
import type { LoadCell } from "./measures/load-cell.js";
import { type LoadBaseline, loadSpeedup } from "./measures/load-speedup.js";

/** One row of a load table's data: one label at one level. Times in seconds; null where there is none. */
export interface LoadTableRow {
  /** Followed by what distinguishes it, if one label has several models, servers, workloads or arrivals. */
  readonly label: string;
  readonly model: string | null;
  readonly method: MethodName | null;
  readonly workload: WorkloadKind | null;
  readonly arrivals: ArrivalKind | null;
  readonly burstiness: number | null;
  /** The rate that was kept; of a part of a ramp, the middle of its bounds. */
  readonly rate_per_second: number | null;
  /** The lowest and the highest rate of a part of a ramp; null if a level was kept. */
  readonly ramp_low_per_second: number | null;
  readonly ramp_high_per_second: number | null;
  readonly concurrency: number | null;
  /** From when TTFT and E2E count: from the intended start if arrivals are scheduled. */
  readonly counted_from: CountedFrom;
  readonly blocks: number;
  /** Requests that count in the times. */
  readonly n: number;
  /** Requests in the measured parts of the blocks, however they ended. */
  readonly requests_n: number;
  readonly failed_n: number;
  readonly error_n: number;
  readonly incomplete_n: number;
  readonly timeout_n: number;
  readonly proven_n: number;
  readonly contradicted_n: number;
  readonly unproven_n: number;
  /** Contradicted requests that found less than an unlimited cache would contain, which count nevertheless. */
  readonly missed_n: number;
  /** Excluded, because the server cut their prompts. */
  readonly cut_n: number;
  /** Requests that ended well, for each second of the measured parts; null in a ramp, where requests of one part end in later ones. */
  readonly requests_per_second: number | null;
  /** False if TTFT rose or fell in half of the blocks or more: then nothing is averaged. Null if unknown, and in a ramp. */
  readonly settled: boolean | null;
  readonly unsteady_blocks: number;
  /** Blocks whose pace the client set, not the server. */
  readonly client_limited_blocks: number;
  readonly first_token: FirstToken;
  /** The percentiles of TTFT, ITL, TPOT and E2E: `ttft_p50_seconds`, `itl_p99_seconds` and so on. */
  readonly [percentile: `${RequestTime}_p${number}_seconds`]: number | null;
  /** Tokens from a cache over prompt tokens, as the server reports them. */
  readonly cached_share: number | null;
  /** The same for an unlimited cache. */
  readonly expected_cached_share: number | null;
  /** By the server's own counters over the whole blocks, whoever asked. */
  readonly counted_cached_share: number | null;
  readonly device_cached_share: number | null;
  readonly host_cached_share: number | null;
  readonly storage_cached_share: number | null;
  /** Requests per second that met every objective; null if none was stated. */
  readonly goodput_per_second: number | null;
  readonly goodput_low: number | null;
  readonly goodput_high: number | null;
  /** How its interval was made. */
  readonly goodput_interval: "blocks" | "wilson" | null;
  /** The share of the requests that met every objective. */
  readonly goodput_share: number | null;
  readonly is_baseline: boolean;
  /** The label that this row is compared with. */
  readonly baseline: string | null;
  /** The baseline's median TTFT over this one's. */
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
}

/** One label at one level with all that a table says of it. */
export interface MeasuredLoad {
  readonly cell: LoadCell;
  readonly requestsPerSecond: number | null;
  readonly shares: CachedShares;
  readonly countedShare: number | null;
  readonly goodput: Goodput | null;
  readonly base: LoadBaseline | null;
  readonly speedup: Estimate | null;
}

/** What is shown of loads. */
export interface LoadCounting {
  readonly firstToken: FirstToken;
  readonly objectives: readonly Objective[];
}

export function measureLoad(
  cell: LoadCell,
  base: LoadBaseline | null,
  { firstToken, objectives }: LoadCounting,
): MeasuredLoad {
  const source = random("load table").fork(cell.key);
  return {
    ...{ cell, base },
    requestsPerSecond: requestsPerSecond(cell),
    shares: sharesOf(cell.good),
    countedShare: countedShare(cell.blocks),
    goodput: objectives.length === 0 ? null : goodputOf(cell, objectives, firstToken, source.fork("goodput")),
    speedup:
      base === null || base.kind === "itself"
        ? null
        : base.kind === "none"
          ? { estimate: null, reason: base.reason }
          : loadSpeedup(cell, base.cell, source.fork("speedup")),
  };
}

/** Requests that ended well, for each second of the measured parts; failed ones do no work, however quickly they fail. */
function requestsPerSecond({ blocks, outcomes, ramp }: LoadCell): number | null {
  // Requests of one part of a ramp end in later ones, which lasted as long as their arrivals.
  if (ramp !== null) return null;
  const seconds = blocks.reduce((sum, block) => sum + (block.seconds ?? Number.NaN), 0);
  return seconds > 0 ? outcomes.ok / seconds : null;
}

/** Why there is no throughput. */
export const whyNoThroughput = ({ ramp }: LoadCell): string =>
  ramp === null
    ? "the log does not say how long its blocks took"
    : "requests of one part of a ramp end during later parts";

export function loadRowOf(
  { cell, requestsPerSecond, shares, countedShare: counted, goodput, base, speedup }: MeasuredLoad,
  firstToken: FirstToken,
  percentiles: readonly number[],
): LoadTableRow {
  const { series, outcomes, evidence } = cell;
  const first = cell.requests[0]!;
  const asked = [...new Set([...PERCENTILES, ...percentiles])];
  const times = REQUEST_TIME_NAMES.flatMap((time) =>
    Object.entries(percentilesOf(time, cell.unsettled === null ? cell.times(time).flat() : [], asked)),
  );
  return {
    label: series.name,
    model: series.traits.get("model") ?? null,
    method: first.method,
    workload: first.workload,
    arrivals: first.arrivals,
    burstiness: first.burstiness ?? null,
    rate_per_second: cell.rate,
    ramp_low_per_second: cell.ramp?.low ?? null,
    ramp_high_per_second: cell.ramp?.high ?? null,
    concurrency: cell.concurrency,
    counted_from: countedFrom(first),
    blocks: cell.blocks.length,
    n: cell.counted.reduce((sum, { length }) => sum + length, 0),
    requests_n: cell.requests.length,
    failed_n: cell.failed,
    error_n: outcomes.error,
    incomplete_n: outcomes.incomplete,
    timeout_n: outcomes.timeout,
    proven_n: evidence.proven,
    contradicted_n: evidence.contradicted,
    unproven_n: evidence.unproven,
    missed_n: cell.missed,
    cut_n: cell.cut.length,
    requests_per_second: requestsPerSecond,
    settled: cell.unsettled !== null ? false : cell.judged === 0 ? null : true,
    unsteady_blocks: cell.unsteady,
    client_limited_blocks: cell.limited.length,
    first_token: firstToken,
    ...Object.fromEntries(times),
    cached_share: shares.reported,
    expected_cached_share: shares.expected,
    counted_cached_share: counted,
    device_cached_share: shares.device,
    host_cached_share: shares.host,
    storage_cached_share: shares.storage,
    goodput_per_second: goodput?.perSecond.estimate ?? null,
    goodput_low: boundsOf(goodput?.perSecond ?? null).low,
    goodput_high: boundsOf(goodput?.perSecond ?? null).high,
    goodput_interval: goodput?.interval ?? null,
    goodput_share: goodput?.share ?? null,
    is_baseline: base?.kind === "itself",
    baseline: base?.kind === "other" ? base.cell.series.name : base?.kind === "itself" ? series.name : null,
    speedup: speedup?.estimate ?? null,
    speedup_low: boundsOf(speedup).low,
    speedup_high: boundsOf(speedup).high,
  };
}

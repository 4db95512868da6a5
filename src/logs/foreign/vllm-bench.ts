import { isObject, type JsonObject } from "../../domain/json.js";
import { rateAfter } from "../../domain/records/ramp.js";
import {
  arrivalsOf,
  endedWell,
  failed,
  hasKeys,
  listOf,
  loadLine,
  meanOf,
  numberOf,
  placeOf,
  textOf,
  timeOf,
  unlike,
} from "./fields.js";
import type { ForeignLine, ForeignTool, Located } from "./foreign-result.js";
import { sameLength } from "./run-arrays.js";
import { SERVE_COUNTS, SERVE_TIMES, totalsByPrefix, totalsNamed } from "./totals.js";
import { ANY_CHOICE } from "./ttft-definitions.js";

const MARKS = ["backend", "model_id", "num_prompts", "request_rate", "completed", "duration"];

/**
 * `vllm bench serve --save-result`, a JSON value, or with `--append-result` one on each line; requests only with
 * `--save-detailed` (vllm/benchmarks/serve.py, vLLM 0.32.0). The file does not say the version.
 */
export const VLLM_BENCH: ForeignTool = {
  name: "vllm bench serve",
  form: "json",
  marks: MARKS.slice(0, 4),
  isOwn: (value) => hasKeys(value, MARKS),
  read: (values) => {
    const runs = values.map((one, index) => ({ ...one, number: index + 1, run: runOf(one, index + 1) }));
    const detailed = runs.filter(({ run }) => Array.isArray(run.ttfts));
    return {
      version: null,
      // What `firsttoken convert` writes says what it counts to.
      definition: textOf(runs[0]?.run.ttft_definition) ?? ANY_CHOICE,
      kind: "load",
      lines: detailed.flatMap(({ run, number, line }) => requestsOf(run, number, { line })),
      totals: runs
        .filter(({ run }) => !Array.isArray(run.ttfts))
        .flatMap(({ run, number }) => {
          const of = { run: number, part: null, model: textOf(run.model_id) };
          return [...totalsNamed(of, run, SERVE_COUNTS), ...totalsByPrefix(of, run, SERVE_TIMES)];
        }),
      leftOut:
        detailed.length === runs.length
          ? []
          : [
              `${runs.length - detailed.length} of ${runs.length} runs hold totals alone; --save-detailed writes their requests too`,
            ],
    };
  },
};

function runOf(one: Located, number: number): JsonObject {
  if (!isObject(one.value) || !hasKeys(one.value, MARKS)) {
    return unlike(placeOf(one, number), `it is not a run of vllm bench serve, which has ${MARKS.join(", ")}`);
  }
  return one.value;
}

function requestsOf(run: JsonObject, number: number, at: Pick<Located, "line">): ForeignLine[] {
  const ttfts = listOf(run.ttfts);
  const arrays = sameLength(
    run,
    ["ttfts", "itls", "input_lens", "output_lens", "errors", "latencies", "start_times", "queue_times"],
    placeOf(at, number),
  );
  const [completed, failures] = [numberOf(run.completed), numberOf(run.failed)];
  const counted = completed === null || failures === null ? null : completed + failures;
  if (counted !== null && counted !== ttfts.length) {
    unlike(placeOf(at, number), `it counts ${counted} requests and holds ${ttfts.length}`);
  }
  // A converted file says what its log knew, which may be nothing.
  const arrivals = Object.hasOwn(run, "arrivals")
    ? toldArrivals(run)
    : textOf(run.ramp_up_strategy) === null
      ? arrivalsOf(run.request_rate, run.burstiness, run.max_concurrency, ttfts.length)
      : { ...arrivalsOf(1, run.burstiness, null, ttfts.length), rate_per_second: null };
  const rampAt = rampOf(run, ttfts.length);
  const isOpen = arrivals.arrivals !== "closed" && arrivals.arrivals !== null;
  const intended = ttfts.map((_, i) => {
    const [start, wait] = [numberOf(arrays.start_times?.[i]), numberOf(arrays.queue_times?.[i])];
    return start === null ? null : start - (wait ?? 0);
  });
  const first = intended.reduce<number | null>(
    (least, one) => (one !== null && (least === null || one < least) ? one : least),
    null,
  );
  return ttfts.map((ttft, i) => {
    const isOk = (textOf(arrays.errors?.[i]) ?? null) === null && timeOf(ttft) !== null;
    const gaps = listOf(arrays.itls?.[i]).flatMap((gap) => numberOf(gap) ?? []);
    const scheduled = intended[i] ?? null;
    return {
      where: placeOf(at, number, i + 1),
      line: loadLine({
        run_index: i + 1,
        ttft_seconds: isOk ? timeOf(ttft) : null,
        label: textOf(run.label),
        model: textOf(run.model_id),
        ...arrivals,
        ...rampAt(i),
        level: number,
        scheduled_seconds: isOpen && scheduled !== null && first !== null ? scheduled - first : null,
        wait_seconds: isOpen ? numberOf(arrays.queue_times?.[i]) : null,
        e2e_seconds: isOk ? timeOf(arrays.latencies?.[i]) : null,
        itl_seconds: isOk ? meanOf(gaps) : null,
        prompt_tokens: numberOf(arrays.input_lens?.[i]),
        output_tokens: isOk ? numberOf(arrays.output_lens?.[i]) : null,
        gaps_seconds: isOk && gaps.length > 0 ? gaps : null,
        block_seconds: numberOf(run.duration),
        ...(isOk ? endedWell : failed(arrays.errors?.[i])),
      }),
    };
  });
}

/**
 * The ramp of a run and the rate at each of its requests. vLLM's follows the number of the request (`_get_current_request_rate` of
 * vllm/benchmarks/serve.py); a file that `firsttoken convert` wrote has the rates.
 */
function rampOf(run: JsonObject, requests: number): (index: number) => JsonObject {
  const strategy = textOf(run.ramp_up_strategy);
  const [start, end] = [numberOf(run.ramp_up_start_rps), numberOf(run.ramp_up_end_rps)];
  if ((strategy !== "linear" && strategy !== "exponential") || !start || !end || start < 0 || end < 0)
    return () => ({});
  const ramp = { strategy, startPerSecond: start, endPerSecond: end } as const;
  const rates = listOf(run.ramp_rates_per_second);
  return (index) => ({
    ramp_strategy: strategy,
    ramp_start_per_second: start,
    ramp_end_per_second: end,
    ramp_seconds: numberOf(run.ramp_seconds),
    ramp_rate_per_second:
      rates.length === requests ? numberOf(rates[index]) : rateAfter(ramp, index / Math.max(1, requests - 1)),
  });
}

/** Arrivals that vLLM has no word for, such as a trace's, where `firsttoken convert` has added them. */
const toldArrivals = ({ arrivals, rate_per_second, burstiness, concurrency }: JsonObject) => ({
  arrivals,
  rate_per_second: numberOf(rate_per_second),
  burstiness: arrivals === "gamma" ? numberOf(burstiness) : null,
  concurrency: numberOf(concurrency),
});

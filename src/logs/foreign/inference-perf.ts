import { isObject, type JsonObject } from "../../domain/json.js";
import {
  endedWell,
  failed,
  hasKeys,
  listOf,
  loadLine,
  meanOf,
  numberOf,
  objectOf,
  startOf,
  timeOf,
  unlike,
} from "./fields.js";
import type { ForeignLine, ForeignTool, Located } from "./foreign-result.js";
import { type Measure, totalsNamed, totalsWithin } from "./totals.js";
import { CONTENT } from "./ttft-definitions.js";

const MARKS = ["start_time", "end_time", "info"];

/** inference-perf's `per_request_lifecycle_metrics.json`, a list of requests (inference-perf 0.7.0). */
export const INFERENCE_PERF: ForeignTool = {
  name: "inference-perf",
  form: "json",
  marks: MARKS.slice(0, 2),
  isOwn: (value) => Array.isArray(value) && value.length > 0 && hasKeys(value[0], MARKS),
  read: ([file, ...more]) => {
    if (more.length > 0)
      unlike(`line ${more[0]!.line}`, "a second value; a file of inference-perf holds one list");
    return {
      version: null,
      definition: CONTENT,
      kind: "load",
      lines: listOf(file!.value).map((value, index) => lineOf(value, index)),
      totals: [],
      leftOut: [],
    };
  },
};

function lineOf(value: unknown, index: number): ForeignLine {
  const where = `request ${index + 1}`;
  if (!isObject(value) || !hasKeys(value, ["start_time", "end_time"])) {
    return unlike(where, "it is not a request of inference-perf, which has start_time and end_time");
  }
  const { start_time, end_time, info, error } = value as JsonObject;
  const { request_metrics, response_metrics, input_tokens } = objectOf(info);
  const response = objectOf(response_metrics);
  const usage = objectOf(response.server_usage);
  const start = numberOf(start_time);
  const stamps = listOf(response.output_token_times).flatMap((stamp) => numberOf(stamp) ?? []);
  // Tokens of one chunk share its stamp: their gaps are 0 and no time between events.
  const gaps = stamps.slice(1).flatMap((stamp, i) => (stamp > stamps[i]! ? [stamp - stamps[i]!] : []));
  const isOk = error === null || error === undefined;
  const own = objectOf(value.computed_metrics);
  const end = numberOf(end_time);
  return {
    where,
    line: loadLine({
      run_index: index + 1,
      ttft_seconds:
        isOk && start !== null && stamps.length > 0
          ? timeOf(stamps[0]! - start)
          : isOk
            ? timeOf(own.time_to_first_token)
            : null,
      e2e_seconds: isOk && start !== null && end !== null ? timeOf(end - start) : null,
      itl_seconds: isOk ? meanOf(gaps) : null,
      tpot_seconds: isOk ? timeOf(own.time_per_output_token) : null,
      cached_tokens: isOk ? numberOf(objectOf(usage.prompt_tokens_details).cached_tokens) : null,
      prompt_tokens:
        numberOf(usage.prompt_tokens) ??
        timeOf(objectOf(objectOf(request_metrics).text).input_tokens) ??
        timeOf(input_tokens),
      output_tokens: isOk ? (numberOf(usage.completion_tokens) ?? numberOf(response.output_tokens)) : null,
      gaps_seconds: isOk && gaps.length > 0 ? gaps : null,
      started_at: startOf(start),
      ...(isOk ? endedWell : failed(errorText(error))),
    }),
  };
}

const errorText = (error: unknown): unknown => {
  const { error_type, error_msg } = objectOf(error);
  return typeof error_msg === "string" ? [error_type, error_msg].filter(Boolean).join(": ") : error;
};

/** The same tool's `summary_…` and `stage_N_lifecycle_metrics.json`: statistics of all requests, or of a stage's. */
export const INFERENCE_PERF_TOTALS: ForeignTool = {
  name: "inference-perf",
  form: "json",
  marks: ["load_summary", "successes", "failures"],
  isOwn: (value) => hasKeys(value, ["load_summary", "successes"]),
  read: (values) => ({
    version: null,
    definition: CONTENT,
    kind: "load",
    lines: [],
    totals: values.flatMap((one, index) => totalsOf(one, index + 1)),
    leftOut: [
      "it holds totals alone; per_request_lifecycle_metrics.json, with per_request: true, holds the requests",
    ],
  }),
};

function totalsOf({ value }: Located, run: number) {
  const { successes, failures, load_summary } = objectOf(value);
  const of = { run, part: null, model: null };
  const { latency, ...success } = objectOf(successes);
  return [
    ...totalsNamed(of, objectOf(success), [{ theirs: "count", measure: "requests", unit: null }]),
    ...totalsNamed(of, objectOf(failures), [{ theirs: "count", measure: "failed_requests", unit: null }]),
    ...totalsNamed(of, objectOf(load_summary), [
      { theirs: "achieved_rate", measure: "rate_per_second", unit: "1/s" },
    ]),
    ...MEASURES.flatMap((measure) => totalsWithin(of, objectOf(objectOf(latency)[measure.theirs]), measure)),
  ];
}

const MEASURES: readonly Measure[] = [
  { theirs: "time_to_first_token", measure: "ttft_seconds", unit: "s" },
  { theirs: "request_latency", measure: "e2e_seconds", unit: "s" },
  { theirs: "inter_token_latency", measure: "itl_seconds", unit: "s" },
  { theirs: "time_per_output_token", measure: "tpot_seconds", unit: "s" },
];

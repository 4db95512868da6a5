import { isObject } from "../../domain/json.js";
import type { Total } from "../../domain/records/total.js";
import {
  endedWell,
  failed,
  hasKeys,
  listOf,
  loadLine,
  numberOf,
  objectOf,
  textOf,
  timeOf,
  unlike,
} from "./fields.js";
import type { ForeignLine, ForeignTool } from "./foreign-result.js";
import { type Measure, statisticOf, totalOf } from "./totals.js";
import { CONTENT_WITH_CONNECTION } from "./ttft-definitions.js";

const MARKS = ["ttft_s", "end_to_end_latency_s", "number_input_tokens", "error_code"];

/**
 * llmperf's `…_individual_responses.json`, a list of requests (token_benchmark_ray.py f1d6bed). Its inter-token latency
 * is a mean that has TTFT in it, and is left aside.
 */
export const LLMPERF: ForeignTool = {
  name: "llmperf",
  form: "json",
  marks: MARKS,
  isOwn: (value) => Array.isArray(value) && value.length > 0 && hasKeys(value[0], MARKS),
  read: ([file, ...more]) => {
    if (more.length > 0) unlike(`line ${more[0]!.line}`, "a second value; a file of llmperf holds one list");
    return {
      version: null,
      definition: CONTENT_WITH_CONNECTION,
      kind: "load",
      lines: listOf(file!.value).map((value, index) => lineOf(value, index)),
      totals: [],
      leftOut: [],
    };
  },
};

function lineOf(value: unknown, index: number): ForeignLine {
  const where = `request ${index + 1}`;
  if (!isObject(value) || !hasKeys(value, ["ttft_s", "error_code"])) {
    return unlike(where, `it is not a request of llmperf, which has ${MARKS.join(", ")}`);
  }
  const { error_code, error_msg } = value;
  const isOk = error_code === null && textOf(error_msg) === null;
  const status = numberOf(error_code);
  return {
    where,
    line: loadLine({
      run_index: index + 1,
      ttft_seconds: isOk ? timeOf(value.ttft_s) : null,
      e2e_seconds: isOk ? timeOf(value.end_to_end_latency_s) : null,
      prompt_tokens: numberOf(value.number_input_tokens),
      output_tokens: isOk ? numberOf(value.number_output_tokens) : null,
      ...(isOk
        ? endedWell
        : failed(textOf(error_msg) ?? (error_code === null ? null : `error code ${String(error_code)}`))),
      ...(status === null || status < 100 ? {} : { status }),
    }),
  };
}

/** The same tool's `…_summary.json`. */
export const LLMPERF_TOTALS: ForeignTool = {
  name: "llmperf",
  form: "json",
  marks: ["results_ttft_s_mean", "results_number_errors"],
  isOwn: (value) => hasKeys(value, ["results_ttft_s_mean", "results_number_errors"]),
  read: ([file]) => {
    const run = objectOf(file!.value);
    const of = { run: 1, part: null, model: textOf(run.model) };
    const named: readonly Measure[] = [
      { theirs: "results_num_completed_requests", measure: "requests", unit: null },
      { theirs: "results_number_errors", measure: "failed_requests", unit: null },
    ];
    return {
      version: textOf(run.version),
      definition: CONTENT_WITH_CONNECTION,
      kind: "load",
      lines: [],
      totals: [
        ...named.flatMap((measure) => totalOf(of, run[measure.theirs], measure, "total")),
        ...MEASURES.flatMap((measure): Total[] =>
          Object.entries(run).flatMap(([key, value]) => {
            if (!key.startsWith(`results_${measure.theirs}_`)) return [];
            const statistic = statisticOf(key.slice(`results_${measure.theirs}_`.length));
            return statistic === null ? [] : totalOf(of, value, measure, statistic);
          }),
        ),
      ],
      leftOut: ["it holds totals alone; …_individual_responses.json beside it holds the requests"],
    };
  },
};

const MEASURES: readonly Measure[] = [
  { theirs: "ttft_s", measure: "ttft_seconds", unit: "s" },
  { theirs: "end_to_end_latency_s", measure: "e2e_seconds", unit: "s" },
];

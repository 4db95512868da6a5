import { isObject, type JsonObject } from "../../domain/json.js";
import type { Total } from "../../domain/records/total.js";
import {
  endedWell,
  failed,
  hasKeys,
  listOf,
  loadLine,
  numberOf,
  objectOf,
  placeOf,
  startOf,
  textOf,
  unlike,
} from "./fields.js";
import type { ForeignLine, ForeignTool, Located } from "./foreign-result.js";
import { type Measure, totalsWithin } from "./totals.js";
import { ANY_OUTPUT, CONTENT_OR_TOOL_CALL } from "./ttft-definitions.js";

/** AIPerf's `profile_export.jsonl`, a request on each line (AIPerf 0.13.0). */
export const AIPERF: ForeignTool = {
  name: "AIPerf",
  form: "json",
  marks: ["metadata", "request_start_ns", "benchmark_phase"],
  isOwn: (value) =>
    hasKeys(value, ["metadata", "metrics"]) &&
    hasKeys(objectOf(value).metadata, ["request_start_ns", "benchmark_phase"]),
  read: (values) => {
    const requests = values.map((one) => ({ request: requestOf(one), line: one.line }));
    const phaseOf = ({ request }: (typeof requests)[number]) => objectOf(request.metadata);
    const profiled = requests.filter((one) => phaseOf(one).benchmark_phase === "profiling");
    const whole = profiled.filter((one) => phaseOf(one).was_cancelled !== true);
    const begin = ({ request }: (typeof requests)[number]) =>
      numberOf(objectOf(request.metadata).request_start_ns) ?? Number.POSITIVE_INFINITY;
    whole.sort((a, b) => begin(a) - begin(b) || a.line - b.line);
    const left = [
      [requests.length - profiled.length, "of another phase than profiling"],
      [profiled.length - whole.length, "that AIPerf cancelled"],
    ] as const;
    // Where the file tells the content's own time, that comes closest to what this package counts to.
    const knowsContent = whole.some(({ request }) =>
      hasKeys(request.metrics, ["time_to_first_output_token"]),
    );
    return {
      version: null,
      definition: knowsContent ? CONTENT_OR_TOOL_CALL : ANY_OUTPUT,
      kind: "load",
      lines: whole.map(({ request, line }, index) => lineOf(request, index, { line, knowsContent })),
      totals: [],
      leftOut: left.flatMap(([count, what]) =>
        count === 0 ? [] : [`${count} of ${requests.length} requests ${what}`],
      ),
    };
  },
};

function requestOf(one: Located): JsonObject {
  if (!isObject(one.value) || !AIPERF.isOwn(one.value)) {
    return unlike(
      placeOf(one, 1),
      "it is not a request of AIPerf, which has metadata.request_start_ns and metrics",
    );
  }
  return one.value;
}

function lineOf(
  { metadata, metrics, error }: JsonObject,
  index: number,
  { knowsContent, ...at }: Pick<Located, "line"> & { readonly knowsContent: boolean },
): ForeignLine {
  const meta = objectOf(metadata);
  const where = placeOf(at, 1);
  const value = (name: string): unknown => objectOf(objectOf(metrics)[name]).value;
  const seconds = (name: string): number | null => secondsOf(objectOf(objectOf(metrics)[name]), name, where);
  const start = numberOf(meta.request_start_ns);
  const isOk = error === null || error === undefined;
  const first = isOk ? seconds("time_to_first_token") : null;
  const content = isOk && knowsContent ? seconds("time_to_first_output_token") : null;
  const reasoned = knowsContent && first !== null && (content === null || content > first);
  // Its time between tokens is over its own count of tokens: of no use beside another count.
  const [told, counted] = [
    numberOf(value("usage_completion_tokens")),
    numberOf(value("output_sequence_length")),
  ];
  const agree = told === null || told === counted;
  const gaps = (isOk ? listOf(value("inter_chunk_latency")) : []).flatMap((gap) => {
    const one = secondsOf(
      { value: gap, unit: objectOf(objectOf(metrics).inter_chunk_latency).unit },
      "inter_chunk_latency",
      where,
    );
    return one === null ? [] : [one];
  });
  return {
    where,
    line: loadLine({
      run_index: index + 1,
      ttft_seconds: knowsContent ? content : first,
      first_reasoning_seconds: reasoned ? first : null,
      session: textOf(meta.conversation_id),
      turn: numberOf(meta.turn_index) === null ? null : numberOf(meta.turn_index)! + 1,
      cached_tokens: isOk ? numberOf(value("usage_prompt_cached_tokens")) : null,
      e2e_seconds: isOk ? seconds("request_latency") : null,
      itl_seconds: gaps.length === 0 ? null : gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
      tpot_seconds: isOk && agree ? seconds("inter_token_latency") : null,
      prompt_tokens: numberOf(value("usage_prompt_tokens")) ?? numberOf(value("input_sequence_length")),
      output_tokens: isOk ? (told ?? counted) : null,
      gaps_seconds: gaps.length === 0 ? null : gaps,
      started_at: startOf(start === null ? null : start / 1e9),
      ...(isOk ? endedWell : failed(objectOf(error).message ?? error)),
      ...(numberOf(objectOf(error).code) === null ? {} : { status: numberOf(objectOf(error).code) || null }),
    }),
  };
}

const UNITS: Readonly<Record<string, number>> = { s: 1, sec: 1, seconds: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };

function secondsOf({ value, unit }: JsonObject, name: string, where: string): number | null {
  const number = numberOf(value);
  if (number === null) return null;
  const factor = UNITS[String(unit)];
  return factor === undefined
    ? unlike(where, `${name} is in ${String(unit)}, which is no unit of time known here`)
    : number * factor;
}

/** The same tool's `profile_export_aiperf.json`: statistics of all requests. */
export const AIPERF_TOTALS: ForeignTool = {
  name: "AIPerf",
  form: "json",
  marks: ["time_to_first_token", "request_latency", "avg", "unit"],
  isOwn: (value) =>
    hasKeys(objectOf(value).request_latency, ["unit", "avg"]) && !hasKeys(value, ["successes"]),
  read: ([file]) => {
    const value = objectOf(file!.value);
    return {
      version: textOf(value.aiperf_version),
      definition: ANY_OUTPUT,
      kind: "load",
      lines: [],
      totals: MEASURES.flatMap((measure): Total[] => {
        const statistics = objectOf(value[measure.theirs]);
        const scale = measure.unit === "s" ? (UNITS[String(statistics.unit)] ?? Number.NaN) : 1;
        return totalsWithin({ run: 1, part: null, model: null }, statistics, { ...measure, scale }).filter(
          (total) => Number.isFinite(total.value),
        );
      }),
      leftOut: ["it holds totals alone; profile_export.jsonl beside it holds the requests"],
    };
  },
};

const MEASURES: readonly Measure[] = [
  { theirs: "time_to_first_token", measure: "ttft_seconds", unit: "s" },
  { theirs: "request_latency", measure: "e2e_seconds", unit: "s" },
  { theirs: "inter_token_latency", measure: "tpot_seconds", unit: "s" },
  { theirs: "input_sequence_length", measure: "prompt_tokens", unit: "tokens" },
  { theirs: "output_sequence_length", measure: "output_tokens", unit: "tokens" },
];

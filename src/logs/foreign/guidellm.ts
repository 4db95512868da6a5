import { isObject, type JsonObject } from "../../domain/json.js";
import type { Total } from "../../domain/records/total.js";
import {
  endedWell,
  errorOf,
  hasKeys,
  listOf,
  loadLine,
  milli,
  numberOf,
  objectOf,
  startOf,
  textOf,
  timeOf,
  unlike,
} from "./fields.js";
import type { ForeignLine, ForeignTool } from "./foreign-result.js";
import { totalsWithin } from "./totals.js";
import { ANY_OUTPUT, CONTENT, CONTENT_OR_TOOL_CALL } from "./ttft-definitions.js";

const LISTS = ["successful", "incomplete", "errored"] as const;

/** GuideLLM's `benchmarks.json` (file version 2; GuideLLM 0.8.1). Its lists of requests may be a sample of them. */
export const GUIDELLM: ForeignTool = {
  name: "GuideLLM",
  form: "json",
  marks: ["metadata", "guidellm_version"],
  isOwn: (value) =>
    hasKeys(value, ["benchmarks"]) &&
    listOf(objectOf(value).benchmarks).every(
      (one) => hasKeys(one, ["requests"]) || hasKeys(one, ["scheduler_metrics"]),
    ) &&
    (hasKeys(value, ["metadata"]) || listOf(objectOf(value).benchmarks).length > 0),
  read: (values) => {
    const [file, ...more] = values;
    if (more.length > 0) unlike(`line ${more[0]!.line}`, "a second value; a file of GuideLLM holds one");
    const { metadata, config, benchmarks } = objectOf(file!.value);
    const runs = listOf(benchmarks).map((value, index) => {
      if (!isObject(value)) unlike(`benchmark ${index + 1}`, "it is no object");
      return { run: objectOf(value), number: index + 1 };
    });
    const model = modelOf(objectOf(config));
    // Where the file tells the content's own time, that is what this package counts to.
    const knowsContent = runs.some(({ run }) =>
      listOf(objectOf(run.requests).successful).some(
        (one) => timeOf(objectOf(one).time_to_first_output_token_ms) !== null,
      ),
    );
    return {
      version: textOf(objectOf(metadata).guidellm_version) ?? versionOf(objectOf(metadata).version),
      definition: !knowsContent ? ANY_OUTPUT : runs.some(callsTools) ? CONTENT_OR_TOOL_CALL : CONTENT,
      kind: "load",
      lines: runs.flatMap(({ run, number }) => requestsOf(run, number, { model, knowsContent })),
      totals: runs.flatMap(({ run, number }) => (heldOf(run) === 0 ? totalsOf(run, number, model) : [])),
      leftOut: runs.flatMap(({ run, number }) => sampled(run, number)),
    };
  },
};

const versionOf = (file: unknown): string | null => (numberOf(file) === null ? null : `file version ${file}`);

/** The model that was asked, which GuideLLM 0.8 notes below `spec` and its earlier versions above it. */
function modelOf(config: JsonObject): string | null {
  const named = [objectOf(config.spec), config].flatMap((of) => [
    objectOf(of.backend).model,
    of.model,
    objectOf(of.backend_kwargs).model,
  ]);
  return named.map(textOf).find((model) => model !== null) ?? null;
}

/** Whether an answer of a run has tool calls, to which its time to the first output token counts too. */
const callsTools = ({ run }: { readonly run: JsonObject }): boolean =>
  listOf(objectOf(run.requests).successful).some(
    (one) => timeOf(objectOf(objectOf(one).output_metrics).tool_call_count) !== null,
  );

const heldOf = (run: JsonObject): number =>
  LISTS.reduce((sum, list) => sum + listOf(objectOf(run.requests)[list]).length, 0);

/** Says where a list holds fewer requests than were made. */
function sampled(run: JsonObject, number: number): string[] {
  const requests = objectOf(run.requests);
  const made = objectOf(objectOf(run.scheduler_metrics).requests_made);
  return LISTS.flatMap((list) => {
    const held = listOf(requests[list]).length;
    const all = numberOf(made[list]) ?? numberOf(objectOf(requests.total)[list]);
    return all === null || all <= held
      ? []
      : [`benchmark ${number} holds ${held} of ${all} ${list} requests: a sample`];
  });
}

function requestsOf(
  run: JsonObject,
  number: number,
  { model, knowsContent }: { readonly model: string | null; readonly knowsContent: boolean },
): ForeignLine[] {
  const arrivals = strategyOf(run);
  const isOpen = "arrivals" in arrivals && arrivals.arrivals !== "closed";
  const lines = LISTS.flatMap((list) =>
    listOf(objectOf(run.requests)[list]).map((value, index) => {
      const where = `benchmark ${number}, ${list} request ${index + 1}`;
      if (!isObject(value)) unlike(where, "it is no object");
      return { where, list, request: value as JsonObject };
    }),
  );
  const begin = ({ request }: (typeof lines)[number]) =>
    numberOf(request.request_start_time) ?? Number.POSITIVE_INFINITY;
  return lines
    .sort((a, b) => begin(a) - begin(b) || 0)
    .map(({ where, list, request }, index) => {
      const isOk = list === "successful";
      const info = objectOf(request.info);
      const timings = objectOf(info.timings);
      const started = numberOf(timings.request_start) ?? numberOf(request.request_start_time);
      const due = numberOf(timings.targeted_start);
      const first = milli(timeOf(request.time_to_first_token_ms));
      const content = milli(timeOf(request.time_to_first_output_token_ms));
      const reasoned = knowsContent && first !== null && (content === null || content > first);
      return {
        where,
        line: loadLine({
          run_index: index + 1,
          ttft_seconds: isOk ? (knowsContent ? content : first) : null,
          first_reasoning_seconds: isOk && reasoned ? first : null,
          model,
          ...arrivals,
          level: number,
          // When a place is free in a closed loop, only the client knows.
          wait_seconds:
            isOpen && started !== null && due !== null && due > 0 ? numberOf(started - due) : null,
          session: textOf(info.conversation_id),
          turn: numberOf(info.turn_index) === null ? null : numberOf(info.turn_index)! + 1,
          cached_tokens: numberOf(request.cached_tokens),
          e2e_seconds: isOk ? timeOf(request.request_latency) : null,
          tpot_seconds: isOk ? milli(timeOf(request.inter_token_latency_ms)) : null,
          prompt_tokens: numberOf(request.prompt_tokens),
          output_tokens: isOk ? numberOf(request.output_tokens) : null,
          block_seconds: numberOf(run.duration),
          started_at: startOf(started),
          ...(isOk
            ? endedWell
            : {
                outcome: list === "incomplete" ? "incomplete" : "error",
                error: errorOf(
                  info.error,
                  list === "incomplete" ? "not over when the benchmark ended" : "the file does not say why",
                ),
              }),
        }),
      };
    });
}

/** When requests start, by the name of GuideLLM's strategy. */
function strategyOf(run: JsonObject) {
  const strategy = objectOf(objectOf(run.config).strategy);
  const places = numberOf(strategy.streams) ?? numberOf(strategy.max_concurrency);
  const rate = numberOf(strategy.rate);
  switch (textOf(strategy.type_)) {
    case "synchronous":
      return { arrivals: "closed", concurrency: 1 };
    case "concurrent":
    case "throughput":
      return { arrivals: "closed", concurrency: places };
    case "constant":
    case "async":
      return { arrivals: "constant", rate_per_second: rate };
    case "poisson":
      return { arrivals: "poisson", rate_per_second: rate };
    case "replay":
    case "trace":
      return { arrivals: "trace" };
    default:
      return {};
  }
}

const MEASURES = [
  { theirs: "time_to_first_token_ms", measure: "ttft_seconds", unit: "s", scale: 1e-3 },
  { theirs: "time_to_first_output_token_ms", measure: "ttft_content_seconds", unit: "s", scale: 1e-3 },
  { theirs: "inter_token_latency_ms", measure: "tpot_seconds", unit: "s", scale: 1e-3 },
  { theirs: "request_latency", measure: "e2e_seconds", unit: "s" },
] as const;

function totalsOf(run: JsonObject, number: number, model: string | null): Total[] {
  const metrics = objectOf(run.metrics);
  const of = { run: number, part: null, model };
  return MEASURES.flatMap((measure) => {
    const { percentiles, ...own } = objectOf(objectOf(metrics[measure.theirs]).successful);
    return [
      ...totalsWithin(of, own, measure),
      ...totalsWithin(of, percentilesOf(objectOf(percentiles)), measure),
    ];
  });
}

/** GuideLLM writes the 99.9th percentile as `p999`. */
const percentilesOf = (of: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(of).flatMap(([name, value]) => {
      const digits = /^p(\d{2})(\d*)$/.exec(name);
      return digits === null
        ? []
        : [[`p${Number(digits[1])}${digits[2] === "" ? "" : `.${digits[2]}`}`, value] as const];
    }),
  );

import { isObject, type JsonObject } from "../../domain/json.js";
import {
  arrivalsOf,
  endedWell,
  failed,
  hasKeys,
  listOf,
  loadLine,
  meanOf,
  numberOf,
  objectOf,
  placeOf,
  textOf,
  timeOf,
  unlike,
} from "./fields.js";
import type { ForeignLine, ForeignTool, Located } from "./foreign-result.js";
import { sameLength } from "./run-arrays.js";
import { SERVE_COUNTS, SERVE_TIMES, totalsByPrefix, totalsNamed } from "./totals.js";
import { ANY_TEXT_WITH_CONNECTION } from "./ttft-definitions.js";

const MARKS = ["backend", "dataset_name", "request_rate", "duration", "completed"];

/**
 * SGLang's bench_serving, a run on each line; requests only with `--output-details`
 * (python/sglang/benchmark/serving.py 00f9ec47).
 */
export const SGLANG_BENCH: ForeignTool = {
  name: "SGLang bench_serving",
  form: "json",
  marks: MARKS.slice(0, 3),
  isOwn: (value) => hasKeys(value, MARKS),
  read: (values) => {
    const runs = values.map((one, index) => ({ ...one, number: index + 1, run: runOf(one, index + 1) }));
    const detailed = runs.filter(({ run }) => Array.isArray(run.ttfts));
    return {
      version: textOf(objectOf(runs[0]!.run.server_info).version),
      definition: ANY_TEXT_WITH_CONNECTION,
      kind: "load",
      lines: detailed.flatMap(({ run, number, line }) => requestsOf(run, number, { line })),
      totals: runs
        .filter(({ run }) => !Array.isArray(run.ttfts))
        .flatMap(({ run, number }) => {
          const of = { run: number, part: textOf(run.tag), model: modelOf(run) };
          const cached = objectOf(run.cache_report);
          return [
            ...totalsNamed(of, run, SERVE_COUNTS),
            ...totalsNamed(of, cached, [
              { theirs: "total_cached_tokens", measure: "cached_tokens", unit: "tokens" },
            ]),
            ...totalsByPrefix(of, run, SERVE_TIMES),
          ];
        }),
      leftOut:
        detailed.length === runs.length
          ? []
          : [
              `${runs.length - detailed.length} of ${runs.length} runs hold totals alone; --output-details writes their requests too`,
            ],
    };
  },
};

function runOf(one: Located, number: number): JsonObject {
  if (!isObject(one.value) || !hasKeys(one.value, MARKS)) {
    return unlike(
      placeOf(one, number),
      `it is not a run of SGLang's bench_serving, which has ${MARKS.join(", ")}`,
    );
  }
  return one.value;
}

const modelOf = (run: JsonObject): string | null =>
  textOf(objectOf(run.server_info).served_model_name) ?? textOf(objectOf(run.server_info).model_path);

function requestsOf(run: JsonObject, number: number, at: Pick<Located, "line">): ForeignLine[] {
  const ttfts = listOf(run.ttfts);
  const arrays = sameLength(
    run,
    ["ttfts", "itls", "input_lens", "output_lens", "errors", "cached_tokens", "cached_tokens_details"],
    placeOf(at, number),
  );
  const isTrace = run.request_rate === "trace";
  const arrivals = isTrace
    ? { arrivals: "trace", rate_per_second: null, burstiness: null, concurrency: null }
    : arrivalsOf(run.request_rate, 1, run.max_concurrency, ttfts.length);
  return ttfts.map((ttft, i) => {
    const isOk = textOf(arrays.errors?.[i]) === null && timeOf(ttft) !== null;
    const gaps = listOf(arrays.itls?.[i]).flatMap((gap) => numberOf(gap) ?? []);
    const cached = objectOf(arrays.cached_tokens_details?.[i]);
    return {
      where: placeOf(at, number, i + 1),
      line: loadLine({
        run_index: i + 1,
        ttft_seconds: isOk ? timeOf(ttft) : null,
        label: textOf(run.tag),
        model: modelOf(run),
        ...arrivals,
        level: number,
        cached_tokens: isOk ? numberOf(arrays.cached_tokens?.[i]) : null,
        device_cached_tokens: isOk ? numberOf(cached.device) : null,
        host_cached_tokens: isOk ? numberOf(cached.host) : null,
        storage_cached_tokens: isOk ? numberOf(cached.storage) : null,
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

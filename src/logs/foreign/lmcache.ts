import { isObject } from "../../domain/json.js";
import { csvLines, isTrue, requestsAlone } from "./csv-requests.js";
import {
  endedWell,
  failed,
  hasKeys,
  listOf,
  numberOf,
  objectOf,
  startOf,
  textOf,
  timeOf,
  unlike,
} from "./fields.js";
import type { ForeignTool } from "./foreign-result.js";
import { type Measure, totalsByPrefix, totalsNamed } from "./totals.js";
import { ANY_OUTPUT } from "./ttft-definitions.js";

const BENCH = ["request_id", "successful", "ttft", "request_latency", "num_input_tokens", "submit_time"];

/** `lmcache bench engine`'s `bench_results.csv` (stats.py 09a7c9ef). A failed request's TTFT is −1 there. */
export const LMCACHE_BENCH: ForeignTool = {
  name: "LMCache bench engine",
  form: "csv",
  marks: BENCH,
  isOwn: (value) => hasKeys(value, BENCH),
  read: (values) =>
    requestsAlone(
      ANY_OUTPUT,
      csvLines(values, "submit_time", (row, run_index) => {
        const isOk = isTrue(row.successful);
        return {
          run_index,
          ttft_seconds: isOk ? timeOf(row.ttft) : null,
          e2e_seconds: isOk ? timeOf(row.request_latency) : null,
          prompt_tokens: timeOf(row.num_input_tokens),
          output_tokens: isOk ? numberOf(row.num_output_tokens) : null,
          started_at: startOf(numberOf(row.submit_time)),
          ...(isOk ? endedWell : failed(textOf(row.error))),
        };
      }),
    ),
};

const RAG = ["run_fingerprint", "per_sample"];

/**
 * LMCache's `rag_qa_quality.json` (22d4ad28): answers and their F1, of one way of serving. Files of one `run_fingerprint`
 * asked the same prompts, and pair by `sample_id`; an answer without its tag has no score there.
 */
export const LMCACHE_RAG: ForeignTool = {
  name: "LMCache rag_qa_quality",
  form: "json",
  marks: RAG.slice(0, 1),
  isOwn: (value) => hasKeys(value, RAG),
  read: ([file, ...more]) => {
    if (more.length > 0) unlike(`line ${more[0]!.line}`, "a second value; rag_qa_quality.json holds one");
    const { run_fingerprint, config, model, per_sample, summary } = objectOf(file!.value);
    const samples = listOf(per_sample);
    const counted = numberOf(objectOf(summary).num_samples);
    if (counted !== null && counted !== samples.length) {
      unlike("summary", `it counts ${counted} samples, and per_sample holds ${samples.length}`);
    }
    if (textOf(run_fingerprint) === null) unlike("run_fingerprint", "it is no text");
    const dataset = textOf(objectOf(config).dataset) ?? "not stated";
    return {
      version: null,
      definition: ANY_OUTPUT,
      kind: "quality",
      lines: withOwnIds(samples).map((sample, index) => {
        const where = `sample ${index + 1}`;
        if (!isObject(sample) || !hasKeys(sample, ["sample_id", "f1"])) {
          return unlike(where, "it has no sample_id and f1");
        }
        const ttft = timeOf(sample.ttft);
        const output = numberOf(sample.num_output_tokens);
        // Nothing came and nothing was counted: the request failed.
        const isOk = ttft !== null || (output ?? 0) > 0;
        return {
          where,
          line: {
            example_id: String(sample.sample_id),
            dataset,
            metric: "lmcache_f1",
            score: isOk && sample.parsed !== false ? numberOf(sample.f1) : null,
            prediction: typeof sample.answer === "string" ? sample.answer : null,
            answer_parsed: typeof sample.parsed === "boolean" ? sample.parsed : null,
            references: [],
            ttft_seconds: isOk ? ttft : null,
            model: textOf(model),
            method: null,
            output_tokens: isOk ? output : null,
            run_fingerprint,
            ...(isOk ? endedWell : failed(null)),
          },
        };
      }),
      totals: [],
      leftOut: [],
    };
  },
};

/** Refuses samples that their ids do not tell apart: an answer would be paired with another question's. */
function withOwnIds(samples: readonly unknown[]): readonly unknown[] {
  const seen = new Map<string, number>();
  for (const [index, sample] of samples.entries()) {
    const { sample_id } = objectOf(sample);
    const where = `sample ${index + 1}`;
    if (typeof sample_id === "number" && Math.abs(sample_id) > Number.MAX_SAFE_INTEGER) {
      unlike(where, `sample_id ${sample_id} has more digits than a number is read with; write it as a text`);
    }
    const same = seen.get(String(sample_id));
    if (same !== undefined) unlike(where, `sample ${same} has its sample_id, ${String(sample_id)}`);
    seen.set(String(sample_id), index + 1);
  }
  return samples;
}

/** `lmcache bench engine`'s `bench_summary.json`. */
export const LMCACHE_BENCH_TOTALS: ForeignTool = {
  name: "LMCache bench engine",
  form: "json",
  marks: ["results", "mean_ttft_ms", "successful_requests"],
  isOwn: (value) => hasKeys(objectOf(value).results, ["mean_ttft_ms", "successful_requests"]),
  read: ([file]) => {
    const { results, config } = objectOf(file!.value);
    const of = { run: 1, part: null, model: textOf(objectOf(config).model) };
    const times: readonly Measure[] = [
      { theirs: "ttft_ms", measure: "ttft_seconds", unit: "s", scale: 1e-3 },
      { theirs: "request_latency_ms", measure: "e2e_seconds", unit: "s", scale: 1e-3 },
    ];
    const counts: readonly Measure[] = [
      { theirs: "successful_requests", measure: "requests", unit: null },
      { theirs: "failed_requests", measure: "failed_requests", unit: null },
      { theirs: "elapsed_time", measure: "duration_seconds", unit: "s" },
    ];
    return {
      version: null,
      definition: ANY_OUTPUT,
      kind: "load",
      lines: [],
      totals: [
        ...totalsNamed(of, objectOf(results), counts),
        ...totalsByPrefix(of, objectOf(results), times),
      ],
      leftOut: ["it holds totals alone; bench_results.csv beside it holds the requests"],
    };
  },
};

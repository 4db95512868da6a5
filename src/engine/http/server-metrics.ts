import type { Generation, GenerationRequest } from "../methods/engine.js";

/** A cumulative histogram in Prometheus' sense. */
class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    this.#bounds.forEach((bound, i) => {
      if (value <= bound) this.#counts[i]! += 1;
    });
  }

  lines(name: string, labels: string): string[] {
    const bucket = (bound: string, count: number) => `${name}_bucket{le="${bound}",${labels}} ${count}`;
    return [
      ...this.#bounds.map((bound, i) =>
        bucket(Number.isInteger(bound) ? `${bound}.0` : `${bound}`, this.#counts[i]!),
      ),
      bucket("+Inf", this.#count),
      `${name}_sum{${labels}} ${this.#sum}`,
      `${name}_count{${labels}} ${this.#count}`,
    ];
  }
}

// The bounds of vLLM's own histograms.
const TTFT_BOUNDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
  2560,
];
const REQUEST_BOUNDS = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];

/** What the server has counted since it started, under vLLM's names. */
export class ServerMetrics {
  readonly ttftSeconds = new Histogram(TTFT_BOUNDS);
  readonly #prefillSeconds = new Histogram(REQUEST_BOUNDS);
  readonly #queueSeconds = new Histogram(REQUEST_BOUNDS);
  #prefixQueries = 0;
  #prefixHits = 0;
  #promptTokens = 0;
  #generatedTokens = 0;

  /** Counts one answered request. */
  count(request: GenerationRequest, generation: Generation, queueMs: number, generatedTokens: number): void {
    this.#queueSeconds.observe(queueMs / 1000);
    this.#prefillSeconds.observe(generation.prefillMs / 1000);
    this.#promptTokens += request.prompt.length;
    this.#generatedTokens += generatedTokens;
    if (request.cache.method !== "prefix") return;
    this.#prefixQueries += request.prompt.length;
    this.#prefixHits += generation.cachedTokens;
  }

  /** Prometheus' text format 0.0.4. */
  text(model: string): string {
    const labels = `model_name="${model}"`;
    const counter = (name: string, help: string, value: number) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, `${name}_total{${labels}} ${value}`].join("\n");
    const histogram = (name: string, help: string, values: Histogram) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...values.lines(name, labels)].join("\n");
    return `${[
      counter(
        "vllm:prefix_cache_queries",
        "Prompt tokens looked up in the prefix cache.",
        this.#prefixQueries,
      ),
      counter("vllm:prefix_cache_hits", "Prompt tokens found in the prefix cache.", this.#prefixHits),
      counter("vllm:prompt_tokens", "Prompt tokens of answered requests.", this.#promptTokens),
      counter("vllm:generation_tokens", "Tokens generated.", this.#generatedTokens),
      histogram("vllm:time_to_first_token_seconds", "From arrival to the first token.", this.ttftSeconds),
      histogram(
        "vllm:request_prefill_time_seconds",
        "From the start to the first token.",
        this.#prefillSeconds,
      ),
      histogram("vllm:request_queue_time_seconds", "From arrival to the start.", this.#queueSeconds),
    ].join("\n")}\n`;
  }
}

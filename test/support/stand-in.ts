import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { begin, delta, finish, json } from "./scripted-server.js";

/** One request as a stand-in received it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** How a stand-in was "started". */
export interface StandInOptions {
  /** The model's entry in `/v1/models`, beside its id. */
  readonly model?: Readonly<Record<string, unknown>>;
  /** Headers of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers by `METHOD /path`: a value is sent as JSON, a text as it is; a function is asked each time. */
  readonly routes?: Readonly<Record<string, Route>>;
  /** Answers carry `cached_tokens`; default true. */
  readonly reports?: boolean;
  /** It caches prefixes at all; default true. */
  readonly caches?: boolean;
  /** The most words it takes; of a longer prompt it takes the end, and says nothing, as Ollama does. */
  readonly cutsAt?: number;
  /** A request field that it answers with 400. */
  readonly refuses?: string;
  /** Requests of strangers, ended between any two of ours. */
  readonly strangers?: number;
  /** Lines of `/metrics` beside the counters: gauges, other stores. */
  readonly metrics?: (state: StandInState) => string;
}

export type Route = ((state: StandInState) => unknown) | string | object;

/** What a stand-in has counted. */
export interface StandInState {
  requests: number;
  promptTokens: number;
  hits: number;
  /** Forgets every prefix. */
  forget(): void;
}

/** A real HTTP server with a real prefix cache of words, in blocks of 16, that answers as a known kind of server does. */
export interface StandIn {
  readonly url: string;
  readonly received: readonly Received[];
  readonly state: StandInState;
  close(): Promise<void>;
}

const BLOCK = 16;

export async function standIn({
  model = {},
  headers = {},
  routes = {},
  reports = true,
  caches = true,
  cutsAt = Number.POSITIVE_INFINITY,
  refuses = "",
  strangers = 0,
  metrics,
}: StandInOptions): Promise<StandIn> {
  const received: Received[] = [];
  let blocks = new Set<string>();
  const state: StandInState = {
    requests: 0,
    promptTokens: 0,
    hits: 0,
    forget: () => {
      blocks = new Set();
    },
  };

  /** The tokens of a prompt found in earlier ones of the same salt; stores it. */
  const lookUp = (words: readonly string[], salt: string, reads: boolean): number => {
    let cached = 0;
    let stillIn = reads && caches;
    for (let end = BLOCK; end <= words.length; end += BLOCK) {
      const key = `${salt}\n${words.slice(0, end).join(" ")}`;
      // The last token is always computed.
      stillIn &&= blocks.has(key) && end < words.length;
      if (stillIn) cached = end;
      blocks.add(key);
    }
    return cached;
  };

  const complete = (body: Received["body"], response: ServerResponse): void => {
    if (refuses in body) {
      json(response, 400, { error: { message: `Parameter '${refuses}' is not supported` } });
      return;
    }
    const messages = body.messages as { content: string }[] | undefined;
    const text =
      messages === undefined ? String(body.prompt) : messages.map(({ content }) => content).join("\n");
    const sent = text.split(/\s+/).filter((word) => word !== "");
    const words = sent.slice(Math.max(0, sent.length - cutsAt));
    const cached = lookUp(words, String(body.cache_salt ?? ""), body.cache_prompt !== false);
    state.requests += 1 + strangers;
    state.promptTokens += words.length;
    state.hits += cached;
    begin(response);
    if (messages === undefined) response.write('data: {"choices":[{"index":0,"text":"Hello"}]}\n\n');
    else delta(response, { content: "Hello" });
    finish(response, {
      prompt_tokens: words.length,
      completion_tokens: 1,
      ...(reports && { prompt_tokens_details: { cached_tokens: cached } }),
    });
  };

  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    const body = await read(request);
    received.push({ method: request.method ?? "", path, headers: request.headers, body });
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (path === "/v1/models") {
      return json(response, 200, { object: "list", data: [{ id: "stand-in", object: "model", ...model }] });
    }
    if (/^\/v1\/(chat\/)?completions$/.test(path)) return complete(body, response);
    if (path === "/metrics" && metrics !== undefined) {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(metrics(state));
      return;
    }
    const route = routes[`${request.method} ${path}`];
    if (route === undefined) {
      const elsewhere = Object.keys(routes).some((known) => known.endsWith(` ${path}`));
      return json(response, elsewhere ? 405 : 404, {
        detail: elsewhere ? "Method Not Allowed" : "Not Found",
      });
    }
    const answer = typeof route === "function" ? (route as (state: StandInState) => unknown)(state) : route;
    if (typeof answer === "string") response.end(answer);
    else json(response, 200, answer);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    received,
    state,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

async function read(request: IncomingMessage): Promise<Received["body"]> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString("utf8");
  return text === "" ? {} : (JSON.parse(text) as Received["body"]);
}

/** vLLM's counters as its 0.16 prints them, with labels. */
export const vllmMetrics =
  ({ running = 0, bySource = true } = {}) =>
  ({ requests, promptTokens, hits }: StandInState): string => {
    const labels = 'engine="0",model_name="stand-in"';
    return [
      "# HELP vllm:num_requests_running Number of requests in model execution batches.",
      "# TYPE vllm:num_requests_running gauge",
      `vllm:num_requests_running{${labels}} ${running}.0`,
      `vllm:num_requests_waiting{${labels}} 0.0`,
      `vllm:cache_config_info{block_size="${BLOCK}",engine="0"} 1.0`,
      `vllm:prefix_cache_queries_total{${labels}} ${promptTokens}.0`,
      `vllm:prefix_cache_hits_total{${labels}} ${hits}.0`,
      `vllm:prompt_tokens_total{${labels}} ${promptTokens}.0`,
      `vllm:request_success_total{${labels},finished_reason="stop"} 0.0`,
      `vllm:request_success_total{${labels},finished_reason="length"} ${requests}.0`,
      `vllm:request_queue_time_seconds_bucket{${labels},le="0.3"} ${requests}.0`,
      `vllm:request_queue_time_seconds_bucket{${labels},le="+Inf"} ${requests}.0`,
      `vllm:request_queue_time_seconds_count{${labels}} ${requests}.0`,
      `vllm:request_queue_time_seconds_sum{${labels}} ${requests * 0.25}`,
      `vllm:request_prefill_time_seconds_count{${labels}} ${requests}.0`,
      `vllm:request_prefill_time_seconds_sum{${labels}} ${requests * 0.5}`,
      ...(bySource
        ? [
            `vllm:prompt_tokens_by_source_total{${labels},source="local_compute"} ${promptTokens - hits}.0`,
            `vllm:prompt_tokens_by_source_total{${labels},source="local_cache_hit"} ${hits}.0`,
            `vllm:prompt_tokens_by_source_total{${labels},source="external_kv_transfer"} 0.0`,
          ]
        : []),
      "",
    ].join("\n");
  };

/** Stand-ins of the known kinds, as a default start of each answers. */
export const KINDS = {
  vllm: {
    model: { owned_by: "vllm", max_model_len: 32_768 },
    routes: { "GET /version": { version: "0.11.0" } },
    metrics: vllmMetrics(),
    reports: false,
  },
  "vllm-lmcache": {
    model: { owned_by: "vllm", max_model_len: 32_768 },
    routes: { "GET /version": { version: "0.11.0" }, "POST /reset_prefix_cache": { success: true } },
    metrics: (state: StandInState) => `${vllmMetrics()(state)}lmcache:num_lookup_tokens_total 0.0\n`,
  },
  "vllm-lmcache-server": {
    model: { owned_by: "vllm", max_model_len: 32_768 },
    routes: {
      "GET /version": { version: "0.17.1" },
      "GET /server_info?config_format=json": {
        vllm_config: { kv_transfer_config: { kv_connector: "LMCacheMPConnector" } },
      },
      "POST /reset_prefix_cache": "",
    },
    metrics: vllmMetrics(),
  },
  sglang: {
    model: { owned_by: "sglang", max_model_len: 32_768 },
    routes: {
      "GET /server_info": {
        version: "0.5.4",
        disable_radix_cache: false,
        api_key: "sk-of-the-server-itself",
      },
      "POST /flush_cache": (state: StandInState) => {
        state.forget();
        return "Cache flushed.\nPlease check backend logs for more details.";
      },
    },
    metrics: ({ requests, promptTokens, hits }: StandInState) =>
      [
        `sglang:num_requests_total{model_name="stand-in"} ${requests}.0`,
        `sglang:prompt_tokens_total{model_name="stand-in"} ${promptTokens}.0`,
        ...(hits === 0
          ? []
          : [`sglang:cached_tokens_total{cache_source="device",model_name="stand-in"} ${hits}.0`]),
        "sglang:num_running_reqs 1.0",
        "",
      ].join("\n"),
    reports: false,
  },
  llamacpp: {
    model: { owned_by: "llamacpp" },
    headers: { server: "llama.cpp" },
    routes: { "GET /props": { build_info: "b6700-1f2e3d4" } },
  },
  "llama-cpp-python": {
    model: { owned_by: "me", permissions: [] },
    headers: { "openai-processing-ms": "12" },
    routes: { "GET /openapi.json": { info: { title: "🦙 llama.cpp Python API", version: "0.3.36" } } },
    reports: false,
  },
  ollama: {
    model: { owned_by: "library" },
    routes: {
      "GET /api/version": { version: "0.12.6" },
      "GET /api/tags": { models: [{ name: "stand-in" }] },
      "POST /api/generate": (state: StandInState) => {
        state.forget();
        return { model: "stand-in", response: "", done: true, done_reason: "unload" };
      },
    },
  },
  litellm: {
    model: { owned_by: "openai" },
    routes: { "GET /health/readiness": { status: "healthy", litellm_version: "1.81.0" } },
  },
  openai: {
    model: { owned_by: "system" },
    headers: { "openai-version": "2020-10-01", "openai-processing-ms": "12" },
  },
  "cacheblend-bridge": { model: { owned_by: "firsttoken-cacheblend-bridge" } },
  unknown: {},
} satisfies Record<string, StandInOptions>;

/** How much sooner the first token comes with prefix caching, full KV reuse and CacheBlend. */
export * as blend from "./api/blend.js";
/** Several charts as one figure. */
export * as charts from "./api/charts.js";
/** Examples to measure quality on: bundled samples, your own files, and published datasets to download. */
export * as datasets from "./api/datasets.js";
/** The embedded engine: `engine.serve({ model: "tiny", port: 0 })` starts it and says where it listens. */
export * as engine from "./api/engine.js";
/** Operations that danfojs gets wrong on its own frames, done on plain rows: frames in, new frames out. */
export * as frames from "./api/frames.js";
/** How TTFT holds up as requests come faster, and for how long reuse stays useful. */
export * as load from "./api/load.js";
/** Logs of any kind as files of other programs: `logs.convert("ttft.jsonl", { to: "csv", out: "ttft.csv" })`. */
export * as logs from "./api/logs.js";
/** The ways a request can meet the cache; `lmcache` says how a server with LMCache's blending stores chunks. */
export * as methods from "./api/methods.js";
/** Scores of answers and summaries; every name says which dialect it is. */
export * as metrics from "./api/metrics.js";
/** The mock provider: `mock.serve({ firstTokenDelaySeconds: 0.02 })` starts it and says where it listens. */
export * as mock from "./api/mock.js";
/**
 * Language models for the embedded engine: `models.fetch("smollm2-135m")` fetches one, which the engine then serves by its
 * name.
 */
export * as models from "./api/models.js";
/** What a proxy adds to a provider's latency and takes from its throughput. */
export * as proxy from "./api/proxy.js";
/** What prefix caching, full KV reuse and CacheBlend cost in answer quality. */
export * as quality from "./api/quality.js";
/** The statistics behind the tables; every function names its method and its source. */
export * as stats from "./api/stats.js";
/** How TTFT grows with the context, cold and warm, and whether each request really was cold or a hit. */
export * as ttft from "./api/ttft.js";
/** What a load asks, request by request: unique prompts, shared beginnings, documents from a pool, chats, traces, datasets. */
export * as workloads from "./api/workloads.js";
export type { Chart } from "./charts/chart.js";
export { type ConnectOptions, connect } from "./client/connect.js";
export type { TimedCompletion } from "./client/request.js";
export type { Server } from "./client/server.js";
export {
  DocumentError,
  FirstTokenError,
  LogError,
  MethodRefused,
  ModelError,
  OptionError,
  ServerError,
} from "./domain/errors/errors.js";
export type { Example } from "./domain/records/example.js";
export type {
  BlendRecord,
  LoadRecord,
  ProxyRecord,
  QualityRecord,
  TtftRecord,
} from "./domain/records/record-kinds.js";
export { type Displayable, type DisplayOptions, display } from "./notebook/display.js";
export { type Danfo, type Frame, frame, rows } from "./notebook/frame.js";
export { type Live, type LiveProgress, live } from "./notebook/live.js";
export type { Table } from "./tables/table.js";
export type { Workload } from "./workloads/workload.js";

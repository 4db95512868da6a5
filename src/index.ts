export { blend } from "./api/blend.js";
export { datasets } from "./api/datasets.js";
export { engine } from "./api/engine.js";
export { frames } from "./api/frames.js";
export { methods } from "./api/methods.js";
export { metrics } from "./api/metrics.js";
export { mock } from "./api/mock.js";
export { proxy } from "./api/proxy.js";
export { quality } from "./api/quality.js";
export { stats } from "./api/stats.js";
export { ttft } from "./api/ttft.js";
export { type ConnectOptions, connect } from "./client/connect.js";
export type { Server } from "./client/server.js";
export type { TimedCompletion } from "./client/timed-completion.js";
export type { BlendRecord } from "./domain/blend-record.js";
export {
  DocumentError,
  FirstTokenError,
  LogError,
  MethodRefused,
  OptionError,
  ServerError,
} from "./domain/errors.js";
export type { Example } from "./domain/example.js";
export type { ProxyRecord } from "./domain/proxy-record.js";
export type { QualityRecord } from "./domain/quality-record.js";
export type { TtftRecord } from "./domain/ttft-record.js";
export { type Displayable, display } from "./notebook/display.js";
export { type Danfo, type Frame, frame, rows } from "./notebook/frame.js";
export { type Live, type LiveProgress, live } from "./notebook/live.js";

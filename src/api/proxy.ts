export { measureProxyOverhead as run } from "../experiments/proxy/proxy-overhead.js";
export { readProxyLogs as read } from "../logs/read-proxy-logs.js";
export { proxyChart as chart } from "../report/proxy-chart.js";
export { proxyOverheadChart as overheadChart } from "../report/proxy-overhead-chart.js";
export { proxyTable as table } from "../report/proxy-table.js";
export { proxyThroughputChart as throughputChart } from "../report/proxy-throughput-chart.js";
export { proxyVerdicts as verdicts } from "../report/proxy-verdict.js";
export * as streaming from "./proxy-streaming.js";

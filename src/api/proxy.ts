export { measureProxyOverhead as run } from "../experiments/proxy/proxy-overhead.js";
export { readProxyLogs as read } from "../logs/read-proxy-logs.js";
export { proxyChart as chart } from "../report/proxy/proxy-chart.js";
export { proxyOverheadChart as overheadChart } from "../report/proxy/proxy-overhead-chart.js";
export { proxyTable as table } from "../report/proxy/proxy-table.js";
export { proxyThroughputChart as throughputChart } from "../report/proxy/proxy-throughput-chart.js";
export { proxyVerdicts as verdicts } from "../report/proxy/proxy-verdict.js";
export * as streaming from "./proxy-streaming.js";

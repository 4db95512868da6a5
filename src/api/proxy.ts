import { measureProxyOverhead } from "../experiments/proxy-overhead.js";
import { readProxyLogs } from "../logs/read-proxy-logs.js";
import { proxyChart } from "../report/proxy-chart.js";
import { proxyTable } from "../report/proxy-table.js";

/** What a proxy adds to a provider's latency and takes from its throughput. */
export const proxy = { run: measureProxyOverhead, read: readProxyLogs, table: proxyTable, chart: proxyChart };

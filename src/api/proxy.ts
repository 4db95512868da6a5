import { measureProxyOverhead } from "../experiments/proxy-overhead.js";
import { readProxyLogs } from "../logs/read-proxy-logs.js";
import { proxyChart } from "../report/proxy-chart.js";
import { proxyOverheadChart } from "../report/proxy-overhead-chart.js";
import { proxyTable } from "../report/proxy-table.js";
import { proxyThroughputChart } from "../report/proxy-throughput-chart.js";
import { proxyVerdicts, streamingVerdicts } from "../report/proxy-verdict.js";
import { streamingTable } from "../report/streaming-table.js";

/** What a proxy adds to a provider's latency and takes from its throughput. */
export const proxy = {
  run: measureProxyOverhead,
  read: readProxyLogs,
  table: proxyTable,
  chart: proxyChart,
  overheadChart: proxyOverheadChart,
  throughputChart: proxyThroughputChart,
  verdicts: proxyVerdicts,
  streaming: { table: streamingTable, verdicts: streamingVerdicts },
};

import { blendTtft } from "../experiments/blend-ttft.js";
import { readBlendLogs } from "../logs/read-method-logs.js";
import { blendChart } from "../report/blend-chart.js";
import { blendRatioChart } from "../report/blend-ratio-chart.js";
import { blendTable } from "../report/blend-table.js";

/** How much sooner the first token comes with prefix caching, full KV reuse and CacheBlend. */
export const blend = {
  run: blendTtft,
  read: readBlendLogs,
  table: blendTable,
  chart: blendChart,
  ratioChart: blendRatioChart,
};

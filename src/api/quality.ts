import { measureQuality } from "../experiments/quality.js";
import { readQualityLogs } from "../logs/read-method-logs.js";
import { qualityChart } from "../report/quality-chart.js";
import { qualityRatioChart } from "../report/quality-ratio-chart.js";
import { qualityTable } from "../report/quality-table.js";

/** What prefix caching, full KV reuse and CacheBlend cost in answer quality. */
export const quality = {
  run: measureQuality,
  read: readQualityLogs,
  table: qualityTable,
  chart: qualityChart,
  ratioChart: qualityRatioChart,
};

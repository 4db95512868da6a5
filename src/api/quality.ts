export { measureQuality as run } from "../experiments/methods/quality.js";
export { readQualityLogs as read } from "../logs/read-method-logs.js";
export { qualityChart as chart } from "../report/quality-chart.js";
export { qualityRatioChart as ratioChart } from "../report/quality-ratio-chart.js";
export { qualityTable as table } from "../report/quality-table.js";

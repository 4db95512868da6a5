export { measureQuality as run } from "../experiments/methods/quality.js";
export { readQualityLogs as read } from "../logs/read-method-logs.js";
export { divergenceChart } from "../report/methods/divergence-chart.js";
export { divergenceTable } from "../report/methods/divergence-table.js";
export { qualityChart as chart } from "../report/methods/quality-chart.js";
export { qualityRatioChart as ratioChart } from "../report/methods/quality-ratio-chart.js";
export { qualityTable as table } from "../report/methods/quality-table.js";

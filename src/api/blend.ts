export { blendTtft as run } from "../experiments/methods/blend-ttft.js";
export { readBlendLogs as read } from "../logs/read-method-logs.js";
export { blendChart as chart } from "../report/blend-chart.js";
export { blendRatioChart as ratioChart } from "../report/blend-ratio-chart.js";
export { blendTable as table } from "../report/blend-table.js";

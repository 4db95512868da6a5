export { blendTtft as run } from "../experiments/methods/blend-ttft.js";
export { readBlendLogs as read } from "../logs/read-method-logs.js";
export { blendChart as chart } from "../report/methods/blend-chart.js";
export { blendRatioChart as ratioChart } from "../report/methods/blend-ratio-chart.js";
export { blendTable as table } from "../report/methods/blend-table.js";

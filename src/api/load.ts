export { findLoadLimits as findLimit } from "../experiments/load/limit/limit-run.js";
export { measureLoad as run } from "../experiments/load/load-run.js";
export { readLoadLogs as read } from "../logs/read-method-logs.js";
export { readTotals as totals } from "../logs/read-totals.js";
export { goodputChart } from "../report/load/goodput-chart.js";
export { loadChart as chart } from "../report/load/load-chart.js";
export { loadTable as table } from "../report/load/load-table.js";
export { reuseChart } from "../report/load/reuse-chart.js";
export { reuseTable } from "../report/load/reuse-table.js";

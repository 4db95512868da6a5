export { sweepTtft as run } from "../experiments/ttft/ttft-sweep.js";
export { readTtftLogs as read } from "../logs/read-ttft-logs.js";
export { summariseTtftLogs as summarise } from "../logs/summarise-ttft-logs.js";
export { ttftChart as chart } from "../report/ttft/ttft-chart.js";
export { compareTtft as compare } from "../report/ttft/ttft-comparison.js";
export { ttftTable as table } from "../report/ttft/ttft-table.js";
export * as prompts from "./ttft-prompts.js";

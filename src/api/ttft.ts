import { measurePromptEffect } from "../experiments/prompt-effect.js";
import { sweepTtft } from "../experiments/ttft-sweep.js";
import { readTtftLogs } from "../logs/read-ttft-logs.js";
import { summariseTtftLogs } from "../logs/summarise-ttft-logs.js";
import { promptTable } from "../report/prompt-table.js";
import { ttftChart } from "../report/ttft-chart.js";
import { compareTtft } from "../report/ttft-comparison.js";
import { ttftTable } from "../report/ttft-table.js";

/** How TTFT grows with the context, cold and warm, and whether each request really was cold or a hit. */
export const ttft = {
  run: sweepTtft,
  read: readTtftLogs,
  summarise: summariseTtftLogs,
  table: ttftTable,
  compare: compareTtft,
  chart: ttftChart,
  prompts: { run: measurePromptEffect, table: promptTable },
};

export type { PromptEffectOptions as RunOptions } from "../experiments/ttft/prompt-effect.js";
export { measurePromptEffect as run } from "../experiments/ttft/prompt-effect.js";
export type { PromptChartOptions as ChartOptions } from "../report/prompts/prompt-chart.js";
export { promptChart as chart } from "../report/prompts/prompt-chart.js";
export type { PromptTableOptions as TableOptions } from "../report/prompts/prompt-table.js";
export { promptTable as table } from "../report/prompts/prompt-table.js";

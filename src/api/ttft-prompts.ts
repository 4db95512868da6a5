export { measurePromptEffect as run } from "../experiments/ttft/prompt-effect.js";
export { promptChart as chart } from "../report/prompts/prompt-chart.js";
export { promptTable as table } from "../report/prompts/prompt-table.js";

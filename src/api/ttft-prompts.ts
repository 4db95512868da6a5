export { measurePromptEffect as run } from "../experiments/ttft/prompt-effect.js";
export { promptTable as table } from "../report/prompts/prompt-table.js";

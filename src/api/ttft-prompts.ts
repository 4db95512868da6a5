export { measurePromptEffect as run } from "../experiments/prompt-effect.js";
export { promptTable as table } from "../report/prompt-table.js";

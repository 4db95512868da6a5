export { exactMatch, hotpotF1, setF1, stringMatch, tokenF1 } from "../metrics/answer-scores.js";
export { cacheblendF1 } from "../metrics/cacheblend-f1.js";
export { porterStem } from "../metrics/porter-stem.js";
export { rouge } from "../metrics/rouge.js";
export { rougeLPltrdy } from "../metrics/rouge-l-pltrdy.js";

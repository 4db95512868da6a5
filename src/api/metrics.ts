export { cacheblendF1 } from "../metrics/cacheblend-f1.js";
export { exactMatch } from "../metrics/exact-match.js";
export { hotpotF1 } from "../metrics/hotpot-f1.js";
export { porterStem } from "../metrics/porter-stem.js";
export { rouge } from "../metrics/rouge.js";
export { rougeLPltrdy } from "../metrics/rouge-l-pltrdy.js";
export { setF1 } from "../metrics/set-f1.js";
export { tokenF1 } from "../metrics/token-f1.js";

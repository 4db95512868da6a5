export { cacheBlend } from "../methods/cacheblend.js";
export { lmcacheChunks as lmcache } from "../methods/chunks/lmcache-chunks.js";
export { epic } from "../methods/epic.js";
export { fullKvReuse } from "../methods/full-kv-reuse.js";
export { fullPrefill } from "../methods/full-prefill.js";
export { prefixCache } from "../methods/prefix-cache.js";

export { documentPool, rag } from "../workloads/document-pool.js";
export { sharedPrefix } from "../workloads/shared-prefix.js";
export { unique } from "../workloads/unique.js";

export { dataset } from "../workloads/dataset.js";
export { documentPool, rag } from "../workloads/document-pool.js";
export { sessions } from "../workloads/sessions.js";
export { sharedPrefix } from "../workloads/shared-prefix.js";
export { trace } from "../workloads/trace.js";
export { unique } from "../workloads/unique.js";

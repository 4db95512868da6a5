export { streamingVerdicts as verdicts } from "../report/proxy/proxy-verdict.js";
export { streamingTable as table } from "../report/proxy/streaming-table.js";

export { streamingVerdicts as verdicts } from "../report/proxy-verdict.js";
export { streamingTable as table } from "../report/streaming-table.js";

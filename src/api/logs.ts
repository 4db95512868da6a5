export type { ConvertOptions } from "../convert/convert-logs.js";
export { convertLogs as convert } from "../convert/convert-logs.js";

export { convertLogs as convert } from "../convert/convert-logs.js";

export { readLoadLogs as read } from "../logs/read-method-logs.js";

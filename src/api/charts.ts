export { panels } from "../charts/panels/panels.js";
export type { SaveOptions } from "../charts/save-chart.js";

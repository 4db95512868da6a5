export { panels } from "../charts/panels/panels.js";

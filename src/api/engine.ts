export type { ServeOptions } from "../engine/serve.js";
export { knows, serve } from "../engine/serve.js";

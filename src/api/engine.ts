export { knows, serve } from "../engine/serve.js";

export { serve } from "../engine/serve.js";

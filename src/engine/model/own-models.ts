import { existsSync, readdirSync } from "node:fs";

/** The folder of this package's own models. */
export const MODELS = new URL("../../../models/", import.meta.url);
/** The longest context of this package's own models. */
export const MAX_TOKENS = 16_384;

/** The models that `serve` knows: `bench` (random weights at a realistic shape) and the trained ones of `models/`. */
export function modelNames(): readonly string[] {
  const trained = existsSync(MODELS)
    ? readdirSync(MODELS).filter((file) => file.endsWith(".safetensors"))
    : [];
  return [...trained.map((file) => file.slice(0, -".safetensors".length)).sort(), "bench"];
}

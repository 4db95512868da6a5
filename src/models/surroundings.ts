import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable of the environment; null if it is not set, or empty. */
const variable = (environment: Environment, name: string): string | null => environment[name]?.trim() || null;

/**
 * The folder of models: `FIRSTTOKEN_MODELS`, or `firsttoken/models` in the user's cache (`XDG_CACHE_HOME`, by default
 * `~/.cache`).
 */
export function modelsFolder(environment: Environment = process.env): string {
  const own = variable(environment, "FIRSTTOKEN_MODELS");
  if (own !== null) return own;
  const cache = variable(environment, "XDG_CACHE_HOME");
  return join(
    cache !== null && isAbsolute(cache) ? cache : join(homedir(), ".cache"),
    "firsttoken",
    "models",
  );
}

/** The hub's address: `HF_ENDPOINT`, as for Hugging Face's own tools. */
export const hubAddress = (environment: Environment = process.env): string =>
  variable(environment, "HF_ENDPOINT") ?? "https://huggingface.co";

/** The hub's login, if there is one. */
export const hubToken = (environment: Environment = process.env): string | null =>
  variable(environment, "HF_TOKEN");

/** The index of Python packages: `PIP_INDEX_URL`, as for pip. */
export const packageIndex = (environment: Environment = process.env): string =>
  variable(environment, "PIP_INDEX_URL") ?? "https://pypi.org/simple";

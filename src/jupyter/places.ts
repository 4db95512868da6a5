import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

type Environment = Readonly<Record<string, string | undefined>>;

const variable = (environment: Environment, name: string): string | null => environment[name]?.trim() || null;

/** The folder of this package, which holds the notebooks as they are published. */
export const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

/** The published notebooks, and what they need besides this package. */
export const PUBLISHED = join(PACKAGE, "notebooks");

/** Where JupyterLab and the kernel are installed: `FIRSTTOKEN_JUPYTER`, or `firsttoken/jupyter` in the user's cache. */
export function jupyterFolder(environment: Environment = process.env): string {
  const own = variable(environment, "FIRSTTOKEN_JUPYTER");
  if (own !== null) return own;
  const cache = variable(environment, "XDG_CACHE_HOME");
  return join(
    cache !== null && isAbsolute(cache) ? cache : join(homedir(), ".cache"),
    "firsttoken",
    "jupyter",
  );
}

/** Where the user's own Jupyter and VS Code look for kernels, by Jupyter's rules. */
export function userDataFolder(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const own = variable(environment, "JUPYTER_DATA_DIR");
  if (own !== null) return own;
  switch (platform) {
    case "darwin":
      return join(homedir(), "Library", "Jupyter");
    case "win32":
      return join(variable(environment, "APPDATA") ?? join(homedir(), "AppData", "Roaming"), "jupyter");
    default:
      return join(variable(environment, "XDG_DATA_HOME") ?? join(homedir(), ".local", "share"), "jupyter");
  }
}

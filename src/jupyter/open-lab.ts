import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { JupyterError } from "../domain/errors/errors.js";
import { programIn } from "./install.js";

/** A JupyterLab to open. */
export interface Lab {
  /** Where JupyterLab is installed. */
  readonly folder: string;
  /** The folder of the notebooks, which is all that it shows. */
  readonly notebooks: string;
  /** Notebooks that came with this package, whose scripts may be trusted. */
  readonly trusted: readonly string[];
  /** Further words for `jupyter lab`. */
  readonly options: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Opens JupyterLab at the index of a folder of notebooks, and returns its exit code when it has ended.
 *
 * @throws JupyterError if it can't be started.
 */
export async function openLab({ folder, notebooks, trusted, options, signal }: Lab): Promise<number> {
  const place = { cwd: notebooks, env: { ...process.env, ...variables(folder) } };
  const jupyter = programIn(folder, "jupyter");
  // This Jupyter alone remembers it.
  if (trusted.length > 0) spawnSync(jupyter, ["trust", ...trusted], { ...place, stdio: "ignore" });
  const shown = [`--ServerApp.root_dir=${notebooks}`, "--LabApp.default_url=/lab/tree/index.ipynb"];
  const lab = spawn(jupyter, ["lab", ...shown, ...options], { ...place, stdio: "inherit" });
  // Ctrl-C in a terminal goes to JupyterLab as well.
  signal.addEventListener("abort", () => lab.kill());
  try {
    const [code] = (await once(lab, "close")) as [number | null];
    return code ?? 1;
  } catch (cause) {
    throw new JupyterError(`JupyterLab could not be started: ${(cause as Error).message}.`, { cause });
  }
}

/** The variables under which this Jupyter writes nothing where the user's own keeps its settings. */
const variables = (folder: string): Readonly<Record<string, string>> => ({
  PATH: `${join(programIn(folder, "jupyter"), "..")}${delimiter}${process.env.PATH ?? ""}`,
  JUPYTER_CONFIG_DIR: join(folder, "config"),
  JUPYTER_DATA_DIR: join(folder, "data"),
  JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
  JUPYTERLAB_SETTINGS_DIR: join(folder, "lab", "settings"),
  JUPYTERLAB_WORKSPACES_DIR: join(folder, "lab", "workspaces"),
  IPYTHONDIR: join(folder, "ipython"),
});

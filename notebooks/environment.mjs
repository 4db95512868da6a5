// What the notebooks need: the packages of package.json, a JupyterLab in a Python environment below build/, and
// the tslab kernel in that environment alone. Nothing is installed or configured outside of this repository.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const notebooks = dirname(fileURLToPath(import.meta.url));
export const jupyterFolder = resolve(notebooks, "../build/jupyter");
const venv = join(jupyterFolder, "venv");
const bin = join(venv, process.platform === "win32" ? "Scripts" : "bin");

/** The environment variables under which Jupyter and its kernels read and write nothing outside of build/. */
export const jupyterVariables = {
  ...process.env,
  PATH: `${bin}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`,
  JUPYTER_CONFIG_DIR: join(jupyterFolder, "config"),
  JUPYTER_DATA_DIR: join(jupyterFolder, "data"),
  JUPYTER_RUNTIME_DIR: join(jupyterFolder, "runtime"),
  JUPYTERLAB_SETTINGS_DIR: join(jupyterFolder, "lab/settings"),
  JUPYTERLAB_WORKSPACES_DIR: join(jupyterFolder, "lab/workspaces"),
  IPYTHONDIR: join(jupyterFolder, "ipython"),
  FIRSTTOKEN_MODELS: process.env.FIRSTTOKEN_MODELS ?? resolve(notebooks, "../build/models"),
};

/** The path of a program of the Python environment. */
export const program = (name) => join(bin, name);

/** Makes ready what is missing; a second call does nothing. */
export function prepare() {
  installPackages();
  once("JupyterLab in build/jupyter", "requirements.txt", () => {
    const python = process.platform === "win32" ? "python" : "python3";
    run(
      python,
      ["-m", "venv", venv],
      "Python 3.10 or newer with its venv module is needed (Debian: python3-venv).",
    );
    run(program("python"), ["-m", "pip", "install", "--quiet", "-r", join(notebooks, "requirements.txt")]);
  });
  installKernel();
  leaveOutTheNews();
}

/** The packages of package.json, firsttoken among them as a link to this repository. */
export function installPackages() {
  once("the notebooks' packages", "package-lock.json", () => run("npm", ["ci"]));
}

/** Does something again only when the file that says what is wanted has changed. */
function once(what, file, work) {
  const wanted = readFileSync(join(notebooks, file), "utf8");
  const done = join(jupyterFolder, `${file}.installed`);
  if (existsSync(done) && readFileSync(done, "utf8") === wanted) return;
  console.error(`Installing ${what} …`);
  mkdirSync(jupyterFolder, { recursive: true });
  work();
  writeFileSync(done, wanted);
}

/** Tells this Jupyter, and no other, how to start the kernel. */
function installKernel() {
  const folder = join(venv, "share/jupyter/kernels/tslab");
  mkdirSync(folder, { recursive: true });
  const tslab = join(notebooks, "node_modules/tslab/bin/tslab");
  const spec = {
    argv: [process.execPath, tslab, "kernel", "--config-path", "{connection_file}"],
    display_name: "TypeScript",
    language: "typescript",
  };
  writeFileSync(join(folder, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`);
}

/** JupyterLab asks a reader whether it may fetch its news: a question that is not ours, and a request that nothing needs. */
function leaveOutTheNews() {
  const folder = join(venv, "etc/jupyter/labconfig");
  mkdirSync(folder, { recursive: true });
  const disabledExtensions = { "@jupyterlab/apputils-extension:announcements": true };
  writeFileSync(join(folder, "page_config.json"), `${JSON.stringify({ disabledExtensions })}\n`);
}

function run(command, args, advice = "") {
  const { status, error } = spawnSync(command, args, {
    cwd: notebooks,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32" && command === "npm",
  });
  if (status === 0) return;
  console.error(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}. ${advice}`);
  process.exit(1);
}

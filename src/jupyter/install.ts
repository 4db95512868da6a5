import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, writeWhole } from "../disk/written-file.js";
import { JupyterError } from "../domain/errors/errors.js";
import { aborted } from "../domain/waiting.js";
import { PACKAGE, PUBLISHED } from "./places.js";

/** Where things are installed, and who is told. */
export interface Installing {
  readonly folder: string;
  readonly onNote: (note: string) => void;
  readonly signal: AbortSignal;
}

const isWindows = process.platform === "win32";

/** A program of the Python environment in a folder. */
export const programIn = (folder: string, name: string): string =>
  join(folder, "venv", isWindows ? "Scripts" : "bin", name);

/**
 * Installs what the kernel needs, tslab and danfojs-node, with this package beside them as a link; a second call does nothing.
 *
 * @throws JupyterError if npm fails.
 */
export async function installKernel({ folder, onNote, signal }: Installing): Promise<void> {
  const { packages, lock } = kernelPackages();
  await whereChanged(folder, "packages", lock, async () => {
    onNote(`Installing the TypeScript kernel in ${folder} (200 MB, once) …`);
    writeWhole(join(folder, "package.json"), packages);
    writeWhole(join(folder, "package-lock.json"), lock);
    await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { folder, signal });
  });
  // The package that was called last is the one that notebooks import.
  const link = join(folder, "node_modules", "firsttoken");
  rmSync(link, { recursive: true, force: true });
  symlinkSync(PACKAGE, link, "junction");
}

/**
 * Installs JupyterLab in a Python environment of its own; a second call does nothing.
 *
 * @throws JupyterError if there is no Python, or pip fails.
 */
export async function installLab({ folder, onNote, signal }: Installing): Promise<void> {
  const requirements = join(PUBLISHED, "requirements.txt");
  await whereChanged(folder, "requirements", readFileSync(requirements, "utf8"), async () => {
    onNote(`Installing JupyterLab in ${folder} (once) …`);
    const python = isWindows ? "python" : "python3";
    const advice = " Python 3.10 or newer with its venv module is needed (Debian: apt install python3-venv).";
    await run(python, ["-m", "venv", join(folder, "venv")], { folder, signal, advice });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
    await run(programIn(folder, "python"), pip, { folder, signal, advice });
  });
  // JupyterLab asks whether it may fetch its news: a request that nothing here needs.
  const disabledExtensions = { "@jupyterlab/apputils-extension:announcements": true };
  const config = join(folder, "venv", "etc", "jupyter", "labconfig");
  makeFolder(config);
  writeWhole(join(config, "page_config.json"), `${JSON.stringify({ disabledExtensions })}\n`);
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dependencies?: Readonly<Record<string, string>> }>>;
}

/** The notebooks' packages as a project without this package and without what only tests need. */
function kernelPackages(): { readonly packages: string; readonly lock: string } {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(PUBLISHED, name), "utf8"));
  const { dependencies, overrides } = read("package.json") as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly overrides: Readonly<Record<string, string>>;
  };
  const { firsttoken: _, ...others } = dependencies;
  const project = { name: "firsttoken-kernel", private: true, dependencies: others, overrides };
  const lock = read("package-lock.json") as Lock;
  const foreign = Object.entries(lock.packages).filter(
    ([path]) =>
      path.startsWith("node_modules/") && !path.endsWith("/firsttoken") && !path.endsWith("/playwright-core"),
  );
  const root = { name: project.name, dependencies: others };
  const text = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    packages: text(project),
    lock: text({ ...lock, name: project.name, packages: { "": root, ...Object.fromEntries(foreign) } }),
  };
}

/** Does something again only where what is wanted has changed, or where it was interrupted. */
async function whereChanged(
  folder: string,
  what: string,
  wanted: string,
  work: () => Promise<void>,
): Promise<void> {
  makeFolder(folder);
  const done = join(folder, `${what}.installed`);
  if (existsSync(done) && readFileSync(done, "utf8") === wanted) return;
  rmSync(done, { force: true });
  await work();
  writeWhole(done, wanted);
}

async function run(
  command: string,
  args: readonly string[],
  { folder, signal, advice = "" }: { folder: string; signal: AbortSignal; advice?: string },
): Promise<void> {
  // npm is a script on Windows.
  const shell = isWindows && command === "npm";
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", 2, 2], shell });
  const failed = await Promise.race([ended(child), aborted(signal).then(() => null)]);
  if (signal.aborted) {
    child.kill();
    throw signal.reason;
  }
  if (failed !== null) throw new JupyterError(`${command} ${args[0]} ${args[1]} failed${failed}.${advice}`);
}

/** Why a process did not end well; null if it did. */
async function ended(child: ChildProcess): Promise<string | null> {
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return code === 0 ? null : ` with exit code ${code}`;
  } catch (cause) {
    return `: ${(cause as Error).message}`;
  }
}

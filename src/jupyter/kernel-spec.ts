import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder, writeWhole } from "../disk/written-file.js";
import { JupyterError } from "../domain/errors/errors.js";

/** The name by which notebooks ask for their kernel; tslab's own, so that they open with either. */
const NAME = "tslab";

const KERNEL = fileURLToPath(new URL("./kernel.js", import.meta.url));

/**
 * Tells the Jupyter of a data folder how to start the kernel, and returns the folder of the specification.
 *
 * @throws JupyterError if a kernel of this name is there that was not put there by this package.
 */
export function writeKernelSpec(dataFolder: string, tools: string): string {
  const folder = join(dataFolder, "kernels", NAME);
  const path = join(folder, "kernel.json");
  if (existsSync(path) && !isOurs(readFileSync(path, "utf8"))) {
    throw new JupyterError(
      `${folder} holds a kernel named ${NAME} already, which came from elsewhere and stays as it is. To have firsttoken's in its ` +
        `place, remove it first: jupyter kernelspec remove ${NAME}`,
    );
  }
  makeFolder(folder);
  const spec = {
    argv: [process.execPath, KERNEL, tools, "{connection_file}"],
    display_name: "TypeScript",
    language: "typescript",
    env: { NODE_PATH: join(tools, "node_modules") },
    metadata: { firsttoken: true },
  };
  writeWhole(path, `${JSON.stringify(spec, null, 2)}\n`);
  return folder;
}

function isOurs(text: string): boolean {
  try {
    return (JSON.parse(text) as { metadata?: { firsttoken?: unknown } }).metadata?.firsttoken === true;
  } catch {
    return false;
  }
}

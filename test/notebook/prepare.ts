import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** What preparing ends in: nothing to say, or why it could not be done. */
export type Preparation = { readonly unreachable: string } | null;

const script = fileURLToPath(new URL("../../notebooks/prepare.mjs", import.meta.url));

/** Installs what the notebooks need: `packages` alone, or all. A suite is skipped, or fails, where that can't be had. */
export function prepare(what: "packages" | "all"): Preparation {
  const { status, stderr } = spawnSync("node", [script, what], { encoding: "utf8" });
  if (status === 0) return null;
  const reason = stderr.trim().split("\n").at(-1);
  const unreachable = `the notebooks' ${what === "all" ? "JupyterLab" : "packages"} could not be installed: ${reason}`;
  if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(unreachable);
  console.warn(`Skipped: ${unreachable}`);
  return { unreachable };
}

/** A package of the notebooks' own project. */
export const requireFromNotebooks: (name: string) => unknown = createRequire(script);

/** Where the Jupyter that was installed is, and the variables it runs under. */
export interface Jupyter {
  readonly python: string;
  readonly jupyter: string;
  readonly variables: NodeJS.ProcessEnv;
}

/** Asks the notebooks' own scripts. */
export function jupyter(): Jupyter {
  const { stdout } = spawnSync("node", [script, "all"], { encoding: "utf8" });
  return JSON.parse(stdout);
}

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** What a step of preparation ends in: nothing to say, or why it could not be done. */
export type Preparation = { readonly unreachable: string } | null;

const script = fileURLToPath(new URL("../../notebooks/prepare.mjs", import.meta.url));

/** Installs what the notebooks need: `packages` alone, or all. A suite is skipped, or fails, where that can't be had. */
export function prepare(what: "packages" | "all"): Preparation {
  const { status, stderr } = spawnSync("node", [script, what], { encoding: "utf8" });
  if (status === 0) return null;
  const unreachable = `the notebooks' ${what === "all" ? "JupyterLab" : "packages"} could not be installed: ${stderr.trim().split("\n").at(-1)}`;
  if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(unreachable);
  console.warn(`Skipped: ${unreachable}`);
  return { unreachable };
}

/** A package of the notebooks' own project. */
export const requireFromNotebooks: (name: string) => unknown = createRequire(script);

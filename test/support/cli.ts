import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built command line. */
export const BIN = fileURLToPath(new URL("../../dist/cli/bin.js", import.meta.url));

const { FIRSTTOKEN_API_KEY, FIRSTTOKEN_PROVIDER_KEY, OPENAI_API_KEY, ...WITHOUT_KEYS } = process.env;

/** What a command printed and how it ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line as a process of its own, as a user would. */
export function firsttoken(
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly signalAfter?: RegExp;
    /** Standard input; nothing when left out. */
    readonly input?: string;
    /** Added to this process's own, of which no key is handed on. */
    readonly environment?: Readonly<Record<string, string>>;
  } = {},
) {
  return new Promise<CliResult>((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: options.cwd,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...WITHOUT_KEYS, ...options.environment },
    });
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
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

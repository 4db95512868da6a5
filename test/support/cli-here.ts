import { main } from "../../src/cli/program.js";
import { consoleOf } from "../../src/cli/screen/console.js";
import type { CliResult } from "./cli.js";

const KEYS = ["FIRSTTOKEN_API_KEY", "FIRSTTOKEN_PROVIDER_KEY", "OPENAI_API_KEY"];

interface Place {
  readonly cwd?: string;
  /** Added to this process's own, of which no key is handed on. */
  readonly environment?: Readonly<Record<string, string>>;
}

let before: Promise<unknown> = Promise.resolve();

/**
 * Runs a command of the sources in this process: what it prints and its exit code, without the start of a process. Commands
 * run one after the other, for a folder and an environment belong to a whole process.
 */
export function firsttokenHere(args: readonly string[], place: Place = {}): Promise<CliResult> {
  const run = before.then(() => runHere(args, place));
  before = run.catch(() => {});
  return run;
}

async function runHere(args: readonly string[], { cwd, environment = {} }: Place): Promise<CliResult> {
  const said = { stdout: "", stderr: "" };
  const sink = (stream: keyof typeof said) => ({
    write: (text: string) => {
      said[stream] += text;
    },
  });
  const { exitCode, env } = process;
  const folder = process.cwd();
  const withoutKeys = Object.entries(env).filter(([name]) => !KEYS.includes(name));
  try {
    process.exitCode = undefined;
    process.env = { ...Object.fromEntries(withoutKeys), ...environment };
    if (cwd !== undefined) process.chdir(cwd);
    const code = await main(args, consoleOf(sink("stdout"), sink("stderr")));
    return { code, ...said };
  } finally {
    Object.assign(process, { exitCode, env });
    if (cwd !== undefined) process.chdir(folder);
  }
}

import { Command, CommanderError } from "commander";
import { FirstTokenError, OptionError } from "../domain/errors.js";
import { packageVersion } from "../logs/package-version.js";
import { blendCommand } from "./blend-command.js";
import { type Console, printable } from "./console.js";
import { datasetsCommand } from "./datasets-command.js";
import { demoCommand } from "./demo-command.js";
import { doctorCommand } from "./doctor-command.js";
import { withDashedAliases } from "./flags.js";
import { Interruption } from "./interruption.js";
import { launchCommand } from "./launch-command.js";
import { mockCommand } from "./mock-command.js";
import { promptsCommand } from "./prompts-command.js";
import { proxyCommand } from "./proxy-command.js";
import { qualityCommand } from "./quality-command.js";
import { reportCommand } from "./report-command.js";
import { serveCommand } from "./serve-command.js";
import { sweepCommand } from "./sweep-command.js";
import { ttftCommand } from "./ttft-command.js";

/** The whole command line; commands write to the console given. */
export function program(console: Console): Command {
  const root = new Command("firsttoken")
    .description(
      "How long a language-model server takes to its first token, what KV-cache reuse saves, what a proxy costs.",
    )
    .version(packageVersion())
    .addHelpText("after", "\nExample:\n  firsttoken demo\n  firsttoken ttft 8000 -C");
  const commands = [
    ttftCommand,
    sweepCommand,
    promptsCommand,
    blendCommand,
    qualityCommand,
    proxyCommand,
    reportCommand,
    datasetsCommand,
    launchCommand,
    serveCommand,
    mockCommand,
    doctorCommand,
    demoCommand,
  ];
  for (const make of commands) root.addCommand(make(console));
  for (const command of [root, ...root.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void console.out.write(text),
      writeErr: (text) => void console.err.write(text),
    });
  }
  return root;
}

/**
 * Runs the command line and returns the exit code: 0 done, 1 measured but something failed (or the server
 * could not be used), 2 wrong usage, 130 interrupted.
 */
export async function main(argv: readonly string[], console: Console): Promise<number> {
  const root = program(console);
  const command = root.commands.find((candidate) => candidate.name() === argv[0]);
  const known = new Set(command?.options.flatMap((option) => option.long ?? []));
  try {
    await root.parseAsync(withDashedAliases(argv, known), { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return explain(error, console);
  }
}

function explain(error: unknown, { err }: Console): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Interruption) {
    err.write(`\n${error.message}\n`);
    return 130;
  }
  if (!(error instanceof FirstTokenError)) throw error;
  err.write(`\n${printable(error.message)}\n`);
  return error instanceof OptionError ? 2 : 1;
}

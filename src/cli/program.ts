import { existsSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { FirstTokenError, messageInFlags, OptionError } from "../domain/errors/errors.js";
import { plainText } from "../domain/plain-text.js";
import { withoutKeys } from "../domain/secrets/named-secrets.js";
import { packageVersion, tookDefaults } from "../logs/files/run-environment.js";
import { Interruption } from "./ending/interruption.js";
import { DEFAULTS_FILE, readDefaults, useDefaults } from "./flags/defaults-file.js";
import { withOtherNames } from "./flags/flag-names.js";
import { type HideGiven, hideGiven } from "./flags/hide-given.js";
import { flagOf, inFlags } from "./flags/in-flags.js";
import type { Commands } from "./jobs/part-command.js";
import type { Console } from "./screen/console.js";

/** Each command by its name, loaded when it is called: to load all of them takes longer than most of them run. */
const COMMANDS: Readonly<Record<string, () => Promise<(console: Console, commands: Commands) => Command>>> = {
  ttft: async () => (await import("./commands/ttft-command.js")).ttftCommand,
  sweep: async () => (await import("./commands/sweep-command.js")).sweepCommand,
  prompts: async () => (await import("./commands/prompts-command.js")).promptsCommand,
  blend: async () => (await import("./commands/blend-command.js")).blendCommand,
  quality: async () => (await import("./commands/quality-command.js")).qualityCommand,
  load: async () => (await import("./commands/load-command.js")).loadCommand,
  proxy: async () => (await import("./commands/proxy-command.js")).proxyCommand,
  report: async () => (await import("./commands/report-command.js")).reportCommand,
  convert: async () => (await import("./commands/convert-command.js")).convertCommand,
  datasets: async () => (await import("./commands/datasets-command.js")).datasetsCommand,
  models: async () => (await import("./commands/models-command.js")).modelsCommand,
  launch: async () => (await import("./commands/launch-command.js")).launchCommand,
  serve: async () => (await import("./commands/serve-command.js")).serveCommand,
  mock: async () => (await import("./commands/mock-command.js")).mockCommand,
  doctor: async () => (await import("./commands/doctor-command.js")).doctorCommand,
  notebook: async () => (await import("./commands/notebook-command.js")).notebookCommand,
  demo: async () => (await import("./commands/demo-command.js")).demoCommand,
  completion: async () => (await import("./commands/completion-command.js")).completionCommand,
};

/** The command line with the command that was named, or with all of them where none was; they write to the console. */
export async function program(argv: readonly string[], console: Console, hide: HideGiven): Promise<Command> {
  const [named] = argv;
  const root = new Command("firsttoken")
    .description(
      "How long a language-model server takes to its first token, what KV-cache reuse saves, what a proxy costs.",
    )
    .version(packageVersion(), "-v, --version")
    .addHelpText(
      "after",
      "\n`firsttoken COMMAND --help` shows a command's flags, docs/flags.md all flags." +
        "\nWrite them with underscores or dashes: --max_tokens is --max-tokens." +
        "\nDefaults of flags can be kept in the working folder, in firsttoken.json:" +
        '\n  { "api_base": "http://gpu:8000/v1", "load": { "rates": [1, 2, 4] } }' +
        "\n\nExamples:\n  firsttoken demo\n  firsttoken ttft 8000 -C",
    )
    .configureHelp({ subcommandTerm: (command) => command.name() });
  // A completion is of all commands.
  const isKnown = named !== undefined && named !== "completion" && Object.hasOwn(COMMANDS, named);
  const loads = isKnown ? [COMMANDS[named]!] : Object.values(COMMANDS);
  const commands: Commands = Object.fromEntries(
    Object.entries(COMMANDS).map(([name, load]) => [name, async () => (await load())(console, commands)]),
  );
  for (const make of await Promise.all(loads.map((load) => load()))) root.addCommand(make(console, commands));
  for (const command of withSubcommands(root)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void console.out.write(text),
      writeErr: (text) => void console.err.write(text),
      outputError: (text, write) => write(hide.complaint(text)),
    });
  }
  return root;
}

/** A command and all below it; each has its own way to end and to write. */
const withSubcommands = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
];

/** The command that is named by the first words. */
function commandOf(parent: Command, [name, ...rest]: readonly string[]): Command {
  const found = parent.commands.find((one) => one.name() === name);
  return found === undefined ? parent : commandOf(found, rest);
}

const isLong = (flag: string | undefined): flag is string => flag?.startsWith("--") === true;

/**
 * Runs the command line and returns the exit code: 0 done, 1 measured but something failed (or the server
 * could not be used), 2 wrong usage, 130 interrupted.
 */
export async function main(argv: readonly string[], console: Console): Promise<number> {
  const hide = hideGiven(argv);
  const root = await program(argv, console, hide);
  const command = commandOf(root, argv);
  const known = new Set(command.options.flatMap(({ short, long }) => [short, long].filter(isLong)));
  try {
    root.hook("preAction", (_, acting) => takeDefaults(acting, root, console));
    await root.parseAsync(withOtherNames(argv, known), { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const here = error instanceof OptionError ? inFlags(error, flagOf(known)) : error;
    return explain(here, console, hide);
  }
}

/** Gives a command what the working folder's file of defaults says, and says so. */
async function takeDefaults(acting: Command, root: Command, console: Console): Promise<void> {
  tookDefaults(null);
  if (!existsSync(DEFAULTS_FILE)) return;
  const found = readDefaults(await program([], console, hideGiven([])));
  const flags = useDefaults(acting, placeOf(acting, root), found!);
  if (Object.keys(flags).length === 0) return;
  tookDefaults({ file: DEFAULTS_FILE, flags });
  const said = Object.entries(flags).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  console.err.write(`${withoutKeys(`Defaults from ${DEFAULTS_FILE}: ${said.join(", ")}.`)}\n`);
}

/** The words that name a command, such as `models fetch`. */
const placeOf = (command: Command, root: Command): string =>
  command.parent === null || command.parent === root
    ? command.name()
    : `${placeOf(command.parent, root)} ${command.name()}`;

function explain(error: unknown, { err }: Console, hide: HideGiven): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Interruption) {
    err.write(`\n${error.message}\n`);
    return 130;
  }
  if (!(error instanceof FirstTokenError)) throw error;
  err.write(`\n${plainText(hide.message(messageInFlags(error)))}\n`);
  return error instanceof OptionError ? 2 : 1;
}

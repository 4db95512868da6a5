import { dirname } from "node:path";
import { basename } from "node:path/posix";
import { type Command, CommanderError } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { commandSecrets } from "../../domain/secrets/command-line.js";
import { withOtherNames } from "../flags/flag-names.js";
import type { BlendingAt } from "../flags/method-flags.js";
import { placeOfLog } from "../flags/shard-flag.js";

/** The commands of this program, each made when it is asked for. */
export type Commands = Readonly<Record<string, () => Promise<Command>>>;

/** A command that measures a part of a run, checked but not run. */
export interface PartCommand {
  /** The words that start firsttoken. */
  readonly program: readonly string[];
  /** Those that follow: the command's name and its flags. */
  readonly words: readonly string[];
  /** The folder of the run's parts. */
  readonly run: string;
  /** Addresses of this machine that it asks, which are another machine's where it runs. */
  readonly ownAddresses: readonly string[];
  /** What was given for the key; it is read where the command runs. */
  readonly key: string | null;
}

const WHAT = "The command behind --";

/** Flags whose file or standard input is there when the command runs, and perhaps not yet. */
const READ_LATER = ["--api_key", "--servers", "--prompts_file"];

/** The address of a server that is not named. */
const USUAL_ADDRESS = "http://localhost:8000/v1";

/**
 * Checks a command with the rules of its own flags.
 *
 * @throws OptionError where it is no command, can't be measured in parts, has a flag that a part can't have, or holds a key.
 */
export async function partCommand(given: readonly string[], commands: Commands): Promise<PartCommand> {
  const { program, words } = split(given, commands);
  const [name = "", ...args] = words;
  const make = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const command = await make?.();
  if (command === undefined || !isShared(command)) throw await notShared(name, commands);
  if (command.options.some(({ long }) => long === "--api_key")) requireNoSecret(words);
  const flags = await parsed(command, args);
  for (const [flag, why] of REFUSED) {
    if (flags[attribute(flag)] === undefined) continue;
    throw new OptionError(flag, `can't be in the command behind --: it ${why}`, `firsttoken ${name}`);
  }
  // Its parts begin at one time, which only who submits the jobs can tell.
  if (command.options.some(({ long }) => long === "--start_at") && flags.start_at === undefined)
    throw new OptionError(
      "--start_at",
      "must be in the command behind --, late enough for all parts to be there",
      `firsttoken ${name}`,
    );
  const out = String(flags.out ?? flags.out_dir);
  return {
    program,
    words,
    run: dirname(dirname(placeOfLog(out, {}, { index: 0, count: 1 }).log)).replaceAll("\\", "/"),
    ownAddresses: ownAddresses(name, flags),
    key: typeof flags.api_key === "string" ? flags.api_key : null,
  };
}

const REFUSED = [
  ["--shard", "is each part's own, which the scheduler numbers"],
  ["--overwrite", "would delete what a part has measured when it is started again"],
  [
    "--chart",
    "would draw each part alone: draw the run when its parts are read, by firsttoken report --chart",
  ],
  [
    "--fail-if",
    "would judge each part alone: judge the run when its parts are read, by firsttoken report --fail-if",
  ],
] as const;

const attribute = (flag: string): string => (flag === "--fail-if" ? "failIf" : flag.slice(2));

/** Whether a command can measure a part. */
const isShared = (command: Command): boolean => command.options.some(({ long }) => long === "--shard");

async function notShared(name: string, commands: Commands): Promise<OptionError> {
  const all = await Promise.all(Object.values(commands).map((make) => make()));
  const names = all.filter(isShared).map((command) => command.name());
  return new OptionError(
    WHAT,
    `must be one that can be measured in parts (${names.join(", ")}), such as firsttoken ${names[0]} --api_base URL`,
    name,
  );
}

/** What starts the program, and what it is given; without a program it is `firsttoken`. */
function split(given: readonly string[], commands: Commands): Pick<PartCommand, "program" | "words"> {
  const [first = ""] = given;
  if (Object.hasOwn(commands, first)) return { program: ["firsttoken"], words: given };
  const at = given.findIndex((word) => /^(firsttoken(@[\w.-]+)?|bin\.js)$/.test(basename(word)));
  if (at < 0) return { program: [], words: given };
  if (/^\w+=/.test(first))
    throw new OptionError(WHAT, "must begin with a program, not with a variable", "[not shown]");
  return { program: given.slice(0, at + 1), words: given.slice(at + 1) };
}

/** A job's script can be read by others, and is kept. */
function requireNoSecret(words: readonly string[]): void {
  const shown = commandSecrets(words).filter((secret) => !/^(@.*|-|EMPTY)$/s.test(secret));
  if (shown.length === 0) return;
  throw new OptionError(
    WHAT,
    "must not hold a key, which would be written into the job: Slurm hands on FIRSTTOKEN_API_KEY of the environment and " +
      "--api_key @FILE, Kubernetes a secret named by --secret",
    "[not shown]",
  );
}

/** The flags of a command by the names that commander gives them, after all its checks. */
async function parsed(command: Command, args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  for (const option of command.options) {
    if (READ_LATER.includes(option.long ?? "")) option.argParser((value: string) => value);
  }
  const silent = { writeOut: () => {}, writeErr: () => {} };
  command
    .exitOverride()
    .configureOutput(silent)
    .action(() => {});
  const known = new Set(command.options.flatMap(({ long }) => long ?? []));
  try {
    await command.parseAsync(withOtherNames(args, known), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const why = error.exitCode === 0 ? "only asks for help" : error.message.replace(/^error: /, "");
    throw new OptionError(WHAT, `is not right (${why})`, `firsttoken ${command.name()}`);
  }
  return command.opts();
}

/** The command `load` starts the engine where no server is named, the others ask the usual address. */
function ownAddresses(name: string, flags: Readonly<Record<string, unknown>>): string[] {
  const { api_base, model, servers, cache_server } = flags;
  const blending = (flags.blend_api_base ?? []) as readonly BlendingAt[];
  const isUsual = [api_base, model, servers].every((flag) => flag === undefined) && name !== "load";
  const asked = [isUsual ? USUAL_ADDRESS : api_base, ...blending.map(({ url }) => url), cache_server];
  return asked.flatMap((url) => (typeof url === "string" && isOwn(url) ? [url] : []));
}

const isOwn = (url: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);

import { Argument, Command } from "commander";
import type { Console } from "../screen/console.js";
import { type Choices, completionScript, SHELLS, type Shell } from "./completion-script.js";

/** `firsttoken completion`: a script that has a shell complete commands, flags and the words that flags take. */
export function completionCommand({ out }: Console): Command {
  const command = new Command("completion")
    .description("a script for your shell that completes commands, flags and their values")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .addHelpText(
      "after",
      "\nExamples:\n  firsttoken completion bash >> ~/.bashrc\n  firsttoken completion zsh >> ~/.zshrc   # after compinit" +
        "\n  firsttoken completion fish > ~/.config/fish/completions/firsttoken.fish",
    )
    .action((shell: Shell) => {
      const root = command.parent!;
      out.write(completionScript(shell, root.name(), choicesOf(root)));
    });
  return command;
}

function choicesOf(root: Command): Choices {
  const all = commandsBelow(root, "");
  return {
    places: all.map(({ place }) => place).filter((place) => place !== ""),
    next: all.map(({ place, command }) => ({
      place,
      words: wordsOf(command),
      flags: flagsOf(command),
      takesPaths: command.registeredArguments.some((argument) => PATHS.has(argument.name())),
    })),
    values: all.flatMap(({ place, command }) =>
      command.options
        .filter(({ required, optional, hidden }) => (required || optional) && !hidden)
        .map(({ short, long, argChoices }) => ({
          after: [short, ...spellings(long)].flatMap((flag) =>
            flag === undefined ? [] : [`${place} ${flag}`],
          ),
          words: argChoices ?? [],
        })),
    ),
  };
}

interface Placed {
  /** The words that lead to it, such as `datasets fetch`; empty for the program. */
  readonly place: string;
  readonly command: Command;
}

const commandsBelow = (command: Command, place: string): Placed[] => [
  { place, command },
  ...command.commands.flatMap((below) =>
    commandsBelow(below, place === "" ? below.name() : `${place} ${below.name()}`),
  ),
];

/** Arguments that are paths. */
const PATHS: ReadonlySet<string> = new Set(["logs", "folder"]);

/** The words that may follow a command, beside flags. */
const wordsOf = ({ commands, registeredArguments }: Command): string[] => [
  ...commands.map((below) => below.name()),
  ...registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
];

const flagsOf = ({ options }: Command): string[] => [
  ...options.flatMap(({ long, hidden }) => (long == null || hidden ? [] : [long])),
  "--help",
];

/** A flag as it is, and as its other spelling has it: with dashes for underscores, or the other way. */
const spellings = (flag: string | undefined): string[] =>
  flag === undefined
    ? []
    : [
        ...new Set([
          flag,
          `--${flag.slice(2).replaceAll("_", "-")}`,
          `--${flag.slice(2).replaceAll("-", "_")}`,
        ]),
      ];

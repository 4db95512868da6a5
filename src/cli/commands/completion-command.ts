import { Argument, Command } from "commander";
import type { Console } from "../screen/console.js";

const SHELLS = ["bash", "zsh"] as const;
type Shell = (typeof SHELLS)[number];

/** `firsttoken completion`: a script that has a shell complete commands, flags and the words that flags take. */
export function completionCommand({ out }: Console): Command {
  const command = new Command("completion")
    .description("a script for your shell that completes commands, flags and their values")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .addHelpText(
      "after",
      "\nExamples:\n  firsttoken completion bash >> ~/.bashrc\n  firsttoken completion zsh >> ~/.zshrc   # after compinit",
    )
    .action((shell: Shell) => {
      out.write(completionScript(shell, command.parent!));
    });
  return command;
}

/** The script for a shell. Both choose words alike, and differ in how they are asked and how they answer. */
export function completionScript(shell: Shell, root: Command): string {
  const name = root.name();
  const { asked, answer, register } = DIALECTS[shell];
  const lines = [...asked, ...choosingLines(root), answer].map((line) => `  ${line}\n`);
  return `_${name}() {\n${lines.join("")}}\n${register} _${name} ${name}\n`;
}

interface Dialect {
  /** Sets `previous`, the word before, and goes through the words so far. */
  readonly asked: readonly string[];
  readonly answer: string;
  readonly register: string;
}

const DIALECTS: Readonly<Record<Shell, Dialect>> = {
  bash: {
    asked: [
      `local previous="\${COMP_WORDS[COMP_CWORD-1]}" at="" word found=""`,
      `for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    ],
    answer: `COMPREPLY=($(compgen -W "$found" -- "\${COMP_WORDS[COMP_CWORD]}"))`,
    register: "complete -o default -F",
  },
  zsh: {
    asked: [
      `local previous="\${words[CURRENT-1]}" at="" word found=""`,
      `for word in "\${(@)words[2,CURRENT-1]}"; do`,
    ],
    answer: `compadd -- \${=found} || _files`,
    register: "compdef",
  },
};

/** Finds the command that was typed so far, and what may follow: nothing where a flag takes a free value, such as a file. */
function choosingLines(root: Command): string[] {
  const all = commandsBelow(root, "");
  const nested = all.filter(({ place }) => place !== "").map(({ place }) => `"${place}"`);
  const values = all.flatMap(({ place, command }) =>
    command.options
      .filter(({ required, optional, hidden }) => (required || optional) && !hidden)
      .map(({ short, long, argChoices }) => ({
        flags: [short, long].flatMap((flag) => (flag === undefined ? [] : [`"${place} ${flag}"`])),
        found: (argChoices ?? []).join(" "),
      })),
  );
  const next = all.map(({ place, command }) => `"${place}") found="${wordsOf(command).join(" ")}" ;;`);
  return [
    `  case "\${at:+$at }$word" in`,
    `    ${nested.join("|")}) at="\${at:+$at }$word" ;;`,
    "  esac",
    "done",
    `case "$at" in`,
    ...next.map((line) => `  ${line}`),
    "esac",
    `case "$at $previous" in`,
    ...values.map(({ flags, found }) => `  ${flags.join("|")}) found="${found}" ;;`),
    "esac",
  ];
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

/** The words that may follow a command. */
function wordsOf(command: Command): string[] {
  return [
    ...command.commands.map((below) => below.name()),
    ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    ...command.options.flatMap(({ long, hidden }) => (long == null || hidden ? [] : [long])),
    "--help",
  ];
}

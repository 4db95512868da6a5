import { Argument, Command } from "commander";
import type { Console } from "../screen/console.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

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
      out.write(completionScript(shell, command.parent!));
    });
  return command;
}

/** The script for a shell. All choose words alike, and differ in their syntax, how they are asked and how they answer. */
export function completionScript(shell: Shell, root: Command): string {
  const name = root.name();
  const choices = choicesOf(root);
  return shell === "fish" ? fishScript(name, choices) : scriptOf(DIALECTS[shell], name, choices);
}

/** What may follow what was typed. */
interface Choices {
  /** The words that lead to a command. */
  readonly places: readonly string[];
  /** What may follow each command. */
  readonly next: readonly { readonly place: string; readonly words: readonly string[] }[];
  /** What a flag takes, by a command's words and the flag; nothing where it is a free value, such as a file. */
  readonly values: readonly { readonly after: readonly string[]; readonly words: readonly string[] }[];
}

function choicesOf(root: Command): Choices {
  const all = commandsBelow(root, "");
  return {
    places: all.map(({ place }) => place).filter((place) => place !== ""),
    next: all.map(({ place, command }) => ({ place, words: wordsOf(command) })),
    values: all.flatMap(({ place, command }) =>
      command.options
        .filter(({ required, optional, hidden }) => (required || optional) && !hidden)
        .map(({ short, long, argChoices }) => ({
          after: [short, long].flatMap((flag) => (flag === undefined ? [] : [`${place} ${flag}`])),
          words: argChoices ?? [],
        })),
    ),
  };
}

interface Dialect {
  /** Sets `previous`, the word before, and goes through the words so far. */
  readonly asked: readonly string[];
  readonly answer: string;
  readonly register: string;
}

const DIALECTS: Readonly<Record<"bash" | "zsh", Dialect>> = {
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

function scriptOf(
  { asked, answer, register }: Dialect,
  name: string,
  { places, next, values }: Choices,
): string {
  const lines = [
    ...asked,
    `  case "\${at:+$at }$word" in`,
    `    ${places.map(quoted).join("|")}) at="\${at:+$at }$word" ;;`,
    "  esac",
    "done",
    `case "$at" in`,
    ...next.map(({ place, words }) => `  "${place}") found="${words.join(" ")}" ;;`),
    "esac",
    `case "$at $previous" in`,
    ...values.map(({ after, words }) => `  ${after.map(quoted).join("|")}) found="${words.join(" ")}" ;;`),
    "esac",
    answer,
  ].map((line) => `  ${line}\n`);
  return `_${name}() {\n${lines.join("")}}\n${register} _${name} ${name}\n`;
}

function fishScript(name: string, { places, next, values }: Choices): string {
  const lines = [
    "set -l words (commandline -opc)",
    "set -l previous $words[-1]",
    "set -e words[1]",
    `set -l at ""`,
    "set -l found",
    "for word in $words",
    `  switch (string trim "$at $word")`,
    `    case ${places.map(quoted).join(" ")}`,
    `      set at (string trim "$at $word")`,
    "  end",
    "end",
    `switch "$at"`,
    ...next.flatMap(({ place, words }) => [`  case "${place}"`, `    set found ${words.join(" ")}`]),
    "end",
    `switch "$at $previous"`,
    ...values.flatMap(({ after, words }) => [
      `  case ${after.map(quoted).join(" ")}`,
      `    set found ${words.join(" ")}`.trimEnd(),
    ]),
    "end",
    "string join -- \\n $found",
  ].map((line) => `  ${line}\n`);
  // Where there are words, no files are offered beside them.
  return (
    `function __${name}_words\n${lines.join("")}end\n` +
    `complete -c ${name} -f -n 'count (__${name}_words) >/dev/null' -a '(__${name}_words)'\n`
  );
}

const quoted = (words: string): string => `"${words}"`;

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

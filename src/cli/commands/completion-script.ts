/** The shells there are scripts for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** What may follow what was typed. */
export interface Choices {
  /** The words that lead to a command. */
  readonly places: readonly string[];
  /** What may follow each command. */
  readonly next: readonly Next[];
  /** What a flag takes, by a command's words and the flag; nothing where it is a free value, such as a file. */
  readonly values: readonly { readonly after: readonly string[]; readonly words: readonly string[] }[];
}

interface Next {
  readonly place: string;
  readonly words: readonly string[];
  readonly flags: readonly string[];
  /** It takes paths: flags are offered once their first dash is there. */
  readonly takesPaths: boolean;
}

/** The script for a shell. All choose words alike, and differ in their syntax, how they are asked and how they answer. */
export const completionScript = (shell: Shell, name: string, choices: Choices): string =>
  shell === "fish" ? fishScript(name, choices) : scriptOf(DIALECTS[shell], name, choices);

interface Dialect {
  /** Sets `current`, the word to complete, and `previous`, the one before; and goes through the words so far. */
  readonly asked: readonly string[];
  readonly answer: string;
  readonly register: string;
}

const DIALECTS: Readonly<Record<"bash" | "zsh", Dialect>> = {
  bash: {
    asked: [
      `local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" at="" word found="" flags=""`,
      // Bash takes --flag=value for three words.
      `if [ "$current" = "=" ]; then current=""`,
      `elif [ "$previous" = "=" ]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi`,
      `for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    ],
    answer: `COMPREPLY=($(compgen -W "$found" -- "$current"))`,
    register: "complete -o default -F",
  },
  zsh: {
    asked: [
      `local current="\${words[CURRENT]}" previous="\${words[CURRENT-1]}" at="" word found="" flags=""`,
      `if [[ "$current" == --*=* ]]; then previous="\${current%%=*}"; current="\${current#*=}"; compset -P '*='; fi`,
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
    ...next.map(({ place, words, flags, takesPaths }) => {
      const found = takesPaths ? "" : [...words, "$flags"].join(" ");
      return `  "${place}") flags="${flags.join(" ")}"; found="${found}" ;;`;
    }),
    "esac",
    `case "$current" in`,
    `  --*-*) found="\${flags//_/-}" ;;`,
    `  --*_*) found="\${flags//-/_}"; found="\${found//__/--}" ;;`,
    `  -*) found="$flags" ;;`,
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
    "set -l current (commandline -ct)",
    "set -l previous $words[-1]",
    "set -e words[1]",
    `set -l at ""`,
    `set -l before ""`,
    "set -l found",
    "set -l flags",
    "if string match -qr -- '^--[^=]+=' $current",
    "  set before (string replace -r -- '=.*' '=' $current)",
    "  set previous (string replace -r -- '=.*' '' $current)",
    "  set current (string replace -r -- '^[^=]*=' '' $current)",
    "end",
    "for word in $words",
    `  switch (string trim "$at $word")`,
    `    case ${places.map(quoted).join(" ")}`,
    `      set at (string trim "$at $word")`,
    "  end",
    "end",
    `switch "$at"`,
    ...next.flatMap(({ place, words, flags, takesPaths }) => [
      `  case "${place}"`,
      `    set flags ${flags.join(" ")}`,
      ...(takesPaths ? [] : [`    set found ${[...words, "$flags"].join(" ")}`]),
    ]),
    "end",
    `switch "$current"`,
    "  case '--*-*'",
    "    set found (string replace -a -- _ - $flags)",
    "  case '--*_*'",
    "    set found (string replace -a -- - _ $flags | string replace -r -- '^__' '--')",
    "  case '-*'",
    "    set found $flags",
    "end",
    `switch "$at $previous"`,
    ...values.flatMap(({ after, words }) => [
      `  case ${after.map(quoted).join(" ")}`,
      `    set found ${words.join(" ")}`.trimEnd(),
    ]),
    "end",
    "string join -- \\n $before$found",
  ].map((line) => `  ${line}\n`);
  // Where there are words, no files are offered beside them.
  return (
    `function __${name}_words\n${lines.join("")}end\n` +
    `complete -c ${name} -f -n 'count (__${name}_words) >/dev/null' -a '(__${name}_words)'\n`
  );
}

const quoted = (words: string): string => `"${words}"`;

import type { Launch, Step } from "./launch.js";

/** The commands as a POSIX shell would run them, with their notes as comments. */
export function shellScript({ steps, notes, next }: Launch): string {
  return [
    ...steps.flatMap((step) => [`# ${step.title}`, ...stepLines(step), ""]),
    ...notes.flatMap((note) => wrapped(note)),
    "",
    `# Then: ${next}`,
    "",
  ].join("\n");
}

function stepLines({ file, environment, command }: Step): string[] {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
  const lines = [...variables, ...command.map((words) => words.map(quoted).join(" "))];
  return [
    ...(file === undefined ? [] : [`cat > ${quoted(file.path)} <<'END'`, `${file.text}END`]),
    lines.join(" \\\n  "),
  ];
}

/** A word as the shell reads it back, in single quotes where it must be. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const WIDTH = 116;

/** Comment lines of at most {@link WIDTH}. */
function wrapped(note: string): string[] {
  const lines: string[] = [];
  let line = "# *";
  for (const word of note.split(" ")) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "#  ";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

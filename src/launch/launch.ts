/** What to serve, checked by the command. */
export interface LaunchOptions {
  /** A model's id on the hub, a GGUF file for llama.cpp, or a name of Ollama's library. */
  readonly model: string;
  /** Graphics cards the model is split over. */
  readonly gpus: number;
  readonly port: number;
  /** The most tokens of prompt and answer; null leaves it to the server. */
  readonly contextTokens: number | null;
  /** Where LMCache keeps KV beyond this machine, as `host:port`; null for nowhere. */
  readonly redis: string | null;
  /** share of tokens that CacheBlend recomputes, from 0 to 1. */
  readonly recomputeRatio: number;
  /** The provider behind a proxy, such as `http://localhost:8000/v1`. */
  readonly providerUrl: string;
}

/** One command to leave running, or to run once before the next. */
export interface Step {
  readonly title: string;
  /** A file to write first. */
  readonly file?: { readonly path: string; readonly text: string };
  readonly environment: Readonly<Record<string, string>>;
  /** A key made at random and kept in a file, and the variable that gives it to the command. */
  readonly key?: { readonly path: string; readonly variable: string };
  /** The command, a printed line for each group of words. */
  readonly command: readonly (readonly string[])[];
  /** The server itself, which stays in the foreground. */
  readonly stays: boolean;
}

/** How a server is started so that it can be measured. */
export interface Launch {
  readonly steps: readonly Step[];
  /** What to expect, and how older versions say it: a sentence or two each. */
  readonly notes: readonly string[];
  /** The command of this package that measures it. */
  readonly next: string;
}

/** Says how one kind of server is started. */
export interface Recipe {
  /** The port it takes when none is chosen. */
  readonly port: number;
  readonly takesRedis: boolean;
  launch(options: LaunchOptions): Launch;
}

/** `host:port` in its two parts; an IPv6 address is in brackets. */
export function hostAndPort(redis: string): { readonly host: string; readonly port: number } {
  const colon = redis.lastIndexOf(":");
  return { host: redis.slice(0, colon), port: Number(redis.slice(colon + 1)) };
}

/** Whether a text is `host:port`. */
export const isHostAndPort = (text: string): boolean => {
  const match = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})$/.exec(text);
  return match !== null && Number(match[2]) > 0 && Number(match[2]) < 65_536;
};

/** The commands as a POSIX shell would run them, with their notes as comments. */
export function shellScript({ steps, notes, next }: Launch): string {
  return [
    ...steps.flatMap((step) => [`# ${step.title}`, ...stepLines(step), ""]),
    ...notes.flatMap((note) => wrapped(note)),
    "",
    `# Then: ${next}`,
    `# Under load: ${next.replace(/^firsttoken \w+/, "firsttoken load")}`,
    "",
  ].join("\n");
}

function stepLines({ file, environment, key, command }: Step): string[] {
  const variables = [
    ...(key === undefined ? [] : [`${key.variable}="$(cat ${quoted(key.path)})"`]),
    ...Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`),
  ];
  const lines = [...variables, ...command.map((words) => words.map(quoted).join(" "))];
  return [
    ...(file === undefined ? [] : [`cat > ${quoted(file.path)} <<'END'`, `${file.text}END`]),
    ...(key === undefined ? [] : keyLines(quoted(key.path))),
    lines.join(" \\\n  "),
  ];
}

/** Makes a key that only its owner may read, unless there is one. */
const keyLines = (path: string): string[] => [
  `[ -s ${path} ] || (umask 077 && printf 'sk-%s' "$(od -An -tx1 -N24 /dev/urandom | tr -d ' \\n')" > ${path})`,
];

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

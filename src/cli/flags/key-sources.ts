import { closeSync, openSync, readSync } from "node:fs";
import { InvalidArgumentError } from "commander";

/** What a key's flag takes, for its help. */
export const KEY_FORMS = "a key, @FILE to read it from a file, or - for standard input";

/** No key is longer; what is, is another file. */
const MOST_BYTES = 64 * 1024;

/**
 * Reads a key for a flag, so that it need not be on the command line, where every user of the machine can see it: `@FILE` is
 * the one line of a file, `-` the next line of standard input. Anything else is the key itself.
 */
export function keyReader(): (value: string) => string {
  let input: string[] | null = null;
  return (value) => {
    if (value === "-") {
      if (process.stdin.isTTY) {
        throw new InvalidArgumentError(
          "Standard input is a terminal: send the key through a pipe, or name a file.",
        );
      }
      input ??= lines(readText(0, "standard input"));
      return required(input.shift(), "Standard input holds no (further) line with a key.");
    }
    if (!value.startsWith("@")) return value;
    const path = value.slice(1);
    const [key, ...others] = lines(readFile(path));
    if (others.length > 0) throw new InvalidArgumentError(`${path} must hold the key on a single line.`);
    return required(key, `${path} is empty: it must hold the key on a single line.`);
  };
}

/** A key, and the variable of the environment that it came from; null where it was given. */
export interface ChosenKey {
  readonly key: string;
  readonly variable: string | null;
}

/**
 * The key that was given, else that of the first variable that has one, else the customary one.
 *
 * @example chooseKey(undefined, ["FIRSTTOKEN_API_KEY", "OPENAI_API_KEY"], "EMPTY", process.env)
 */
export function chooseKey(
  given: string | undefined,
  variables: readonly string[],
  otherwise: string,
  environment: Readonly<Record<string, string | undefined>>,
): ChosenKey {
  if (given !== undefined) return { key: given, variable: null };
  for (const variable of variables) {
    const key = environment[variable]?.trim();
    if (key) return { key, variable };
  }
  return { key: otherwise, variable: null };
}

function readFile(path: string): string {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    throw new InvalidArgumentError(`The key can't be read from ${path}: ${inWords(cause)}.`);
  }
  try {
    return readText(file, path);
  } finally {
    closeSync(file);
  }
}

function readText(file: number, name: string): string {
  const bytes = Buffer.alloc(MOST_BYTES);
  let length = 0;
  for (;;) {
    try {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) return bytes.toString("utf8", 0, length);
      length += read;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "EOF") return bytes.toString("utf8", 0, length);
      if (code !== "EAGAIN")
        throw new InvalidArgumentError(`The key can't be read from ${name}: ${inWords(cause)}.`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
    if (length === bytes.length) throw new InvalidArgumentError(`${name} is too long for a key.`);
  }
}

const lines = (text: string): string[] =>
  text
    .replace(/^\ufeff/, "")
    .split(/\r?\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== "");

function required(key: string | undefined, otherwise: string): string {
  if (key === undefined) throw new InvalidArgumentError(otherwise);
  return key;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

function inWords(cause: unknown): string {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

import { isSecretName, MARK, withoutKeys } from "./named-secrets.js";
import { redactor } from "./redactor.js";

/**
 * A command as a shell takes it, without secrets: values of flags, variables and headers that are named like keys, keys
 * inside texts, credentials of URLs, and values of environment variables that are named like keys.
 *
 * @example commandLine(["firsttoken", "ttft", "--api_key", "sk-1", "--model", "my model"], {}) // "firsttoken ttft --api_key [redacted] --model 'my model'"
 */
export function commandLine(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const fromEnvironment = Object.entries(environment).flatMap(([name, value]) =>
    isSecretName(name) && name !== "PWD" && value ? [value] : [],
  );
  // `@file` says where a key is.
  const given = commandSecrets(words).filter((secret) => !secret.startsWith("@"));
  const redact = redactor([...given, ...fromEnvironment]);
  return words
    .map((word, index) => {
      if (isNamedSecret(words[index - 1])) return word.startsWith("@") ? quoted(word) : MARK;
      const [, name, isKey] = /^((?:--?)?([A-Za-z][\w.-]*))=/.exec(word) ?? [];
      return isKey !== undefined && isSecretName(isKey)
        ? `${name}=${MARK}`
        : quoted(withoutKeys(redact(word)));
    })
    .join(" ");
}

/** Whether a word is a flag whose value, the next word, is a secret. */
function isNamedSecret(word = ""): boolean {
  const name = /^--?([A-Za-z][\w-]*)$/.exec(word)?.[1];
  return name !== undefined && isSecretName(name);
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./~[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** A quote or backslash that nothing closes. */
export class UnclosedQuote extends Error {
  override readonly name = "UnclosedQuote";
  /** The character that opens it. */
  readonly opener: string;

  constructor(opener: string) {
    super(`nothing closes what ${opener} opens`);
    this.opener = opener;
  }
}

/**
 * The words of a command as a POSIX shell splits it: at white space, with '…', "…" and backslashes; nothing is expanded.
 *
 * @throws UnclosedQuote
 * @example shellWords(`uv run "my litellm"`) // ["uv", "run", "my litellm"]
 */
export function shellWords(command: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let rest = command;
  while (rest !== "") {
    const [piece, taken] = nextPiece(rest);
    rest = rest.slice(taken);
    if (piece !== null) word = (word ?? "") + piece;
    if (word !== null && (piece === null || rest === "")) {
      words.push(word);
      word = null;
    }
  }
  return words;
}

/** The first part and its length: text of a word, or null for white space. */
function nextPiece(rest: string): readonly [string | null, number] {
  const space = /^\s+/.exec(rest);
  if (space) return [null, space[0].length];
  const single = /^'([^']*)'/.exec(rest);
  if (single) return [single[1]!, single[0].length];
  const double = /^"((?:[^"\\]|\\.)*)"/s.exec(rest);
  if (double) return [double[1]!.replace(/\\(["\\$`])/g, "$1").replace(/\\\n/g, ""), double[0].length];
  const escaped = /^\\(.)/s.exec(rest);
  if (escaped) return [escaped[1] === "\n" ? "" : escaped[1]!, 2];
  if (/^['"\\]/.test(rest)) throw new UnclosedQuote(rest[0]!);
  const plain = /^[^\s'"\\]+/.exec(rest)!;
  return [plain[0], plain[0].length];
}

/**
 * The secrets among a command's words: values of variables, flags and headers that are named like keys, and passwords in
 * URLs. A word with spaces in it, such as a shell's script, may be a command itself.
 *
 * @example commandSecrets(["env", "OPENAI_API_KEY=sk-1", "litellm", "--api-key", "sk-2"]) // ["sk-1", "sk-2"]
 */
export function commandSecrets(words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    const assigned = /^(?:--?)?([A-Za-z][\w.-]*)=(.+)$/s.exec(word);
    const header = /^([\w-]+):\s*(?:(?:bearer|basic|token)\s+)?(\S.*)$/is.exec(word);
    const flag = /^--?([A-Za-z][\w-]*)$/.exec(words[index - 1] ?? "");
    const named = [assigned, header].filter((match) => match !== null && isSecretName(match[1]!));
    return [
      ...named.map((match) => match![2]!),
      ...(flag !== null && isSecretName(flag[1]!) ? [word] : []),
      ...urlSecrets(word),
      ...(/\S\s+\S/.test(word) ? commandSecrets(wordsIn(word)) : []),
    ];
  });
}

/** The words of a script, without what ends its commands; of prose, which a quote may not close, too. */
function wordsIn(script: string): string[] {
  try {
    return shellWords(script).map((word) => word.replace(/(?<=[^;&|)])[;&|)]+$/, ""));
  } catch {
    return script.trim().split(/\s+/);
  }
}

function urlSecrets(word: string): string[] {
  const text = /[a-z][a-z\d+.-]*:\/\/\S+/i.exec(word)?.[0] ?? "";
  if (!URL.canParse(text)) return [];
  const { username, password, searchParams } = new URL(text);
  const parameters = [...searchParams].filter(([name]) => isSecretName(name)).map(([, value]) => value);
  return [username, password, ...parameters].filter((part) => part !== "").map(decoded);
}

/** `%` may stand for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

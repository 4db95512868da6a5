import { isSecretName } from "../domain/secrets/named-secrets.js";
import { splitCommand } from "./split-command.js";

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
    return splitCommand(script).map((word) => word.replace(/(?<=[^;&|)])[;&|)]+$/, ""));
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

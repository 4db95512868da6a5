import { commandSecrets } from "./command-secrets.js";
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

import { OptionError } from "../domain/errors/errors.js";
import { shellWords, UnclosedQuote } from "../domain/secrets/command-line.js";

/**
 * Splits a command into its words as a POSIX shell does: at white space, with '…', "…" and backslashes; nothing is
 * expanded.
 *
 * @throws OptionError for a quote that is not closed, or a command without a word.
 * @example splitCommand(`uv run "my litellm"`) // ["uv", "run", "my litellm"]
 */
export function splitCommand(command: string): string[] {
  const words = wordsOf(command);
  if (words.length === 0) throw new OptionError("proxyCommand", "must name a program", command);
  return words;
}

function wordsOf(command: string): string[] {
  try {
    return shellWords(command);
  } catch (cause) {
    if (!(cause instanceof UnclosedQuote)) throw cause;
    throw new OptionError("proxyCommand", `must close what ${cause.opener} opens`, command);
  }
}

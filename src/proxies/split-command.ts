import { OptionError } from "../domain/errors/errors.js";

/**
 * Splits a command into its words as a POSIX shell does: at white space, with '…', "…" and backslashes; nothing is
 * expanded.
 *
 * @throws OptionError for a quote that is not closed, or a command without a word.
 * @example splitCommand(`uv run "my litellm"`) // ["uv", "run", "my litellm"]
 */
export function splitCommand(command: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let rest = command;
  while (rest !== "") {
    const [piece, taken] = nextPiece(rest, command);
    rest = rest.slice(taken);
    if (piece !== null) word = (word ?? "") + piece;
    if (word !== null && (piece === null || rest === "")) {
      words.push(word);
      word = null;
    }
  }
  if (words.length === 0) throw new OptionError("proxyCommand", "must name a program", command);
  return words;
}

/** What stands first and how many characters it takes: text of a word, or null for white space. */
function nextPiece(rest: string, command: string): readonly [string | null, number] {
  const space = /^\s+/.exec(rest);
  if (space) return [null, space[0].length];
  const single = /^'([^']*)'/.exec(rest);
  if (single) return [single[1]!, single[0].length];
  const double = /^"((?:[^"\\]|\\.)*)"/s.exec(rest);
  if (double) return [double[1]!.replace(/\\(["\\$`])/g, "$1").replace(/\\\n/g, ""), double[0].length];
  const escaped = /^\\(.)/s.exec(rest);
  if (escaped) return [escaped[1] === "\n" ? "" : escaped[1]!, 2];
  if (/^['"\\]/.test(rest)) {
    throw new OptionError("proxyCommand", `must close what ${rest[0]} opens`, command);
  }
  const plain = /^[^\s'"\\]+/.exec(rest)!;
  return [plain[0], plain[0].length];
}

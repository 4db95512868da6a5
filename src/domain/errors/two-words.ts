/**
 * Texts that name what to change, written once for the command line and for the library: a flag with its option behind it, as in
 * `--resume (resume: true)`, or both in brackets, as in `(--tokenizer, tokenizer)`.
 */
const BEHIND = /(--[a-z][\w-]*(?: [\w./:-]+){0,3})(?: \(|（)([a-z]\w*(?:: [^()（）]*)?)[)）]/g;
const BRACKETED = /\((--[a-z][\w-]*(?: [\w./:-]+)?), ([a-z{](?:[^()]|\(\))*)\)/g;

/**
 * A text in the words of the library.
 *
 * @example inOptions("Continue with --resume (resume: true).") // "Continue with resume: true."
 */
export const inOptions = (text: string): string =>
  text
    .replace(BEHIND, (_, __, option: string) => (option.includes(":") ? option : `\`${option}\``))
    .replace(BRACKETED, "($2)");

/**
 * A text in the words of the command line.
 *
 * @example inFlags("Continue with --resume (resume: true).") // "Continue with --resume."
 */
export const inFlags = (text: string): string => text.replace(BEHIND, "$1").replace(BRACKETED, "($1)");

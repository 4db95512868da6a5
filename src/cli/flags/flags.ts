import { type Command, InvalidArgumentError, Option } from "commander";
import { FIRST_TOKENS } from "../../domain/records/first-token.js";

/** Reads a whole number of at least `least` and, where that is said, at most `most`, for a flag. */
export function wholeNumber(least: number, most = Number.POSITIVE_INFINITY): (value: string) => number {
  const rule = most < Number.POSITIVE_INFINITY ? `from ${least} to ${most}` : `of at least ${least}`;
  return (value) => {
    const number = Number(value);
    if (value.trim() === "" || !Number.isSafeInteger(number) || number < least || number > most) {
      throw new InvalidArgumentError(`It must be a whole number ${rule}.`);
    }
    return number;
  };
}

/** The longest that anything is waited for: a day. */
const MOST_SECONDS = 86_400;

/** Reads a number of seconds of at least 0, for a flag. */
export function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !(number >= 0 && number <= MOST_SECONDS)) {
    throw new InvalidArgumentError(`It must be a number of seconds from 0 to ${MOST_SECONDS}.`);
  }
  return number;
}

/** Reads a number of seconds above 0, for a flag. */
export function someSeconds(value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && number > 0 && number <= MOST_SECONDS) return number;
  throw new InvalidArgumentError(`It must be a number of seconds above 0 and at most ${MOST_SECONDS}.`);
}

/** Reads a share above 0, at most 1, for a flag. */
export function share(value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && number > 0 && number <= 1) return number;
  throw new InvalidArgumentError("It must be a number above 0 and at most 1.");
}

/** Reads a text that is not empty, for a flag. */
export function someText(value: string): string {
  if (value.trim() !== "") return value;
  throw new InvalidArgumentError("It must not be empty.");
}

/** Reads the address of a server, for a flag. */
export function address(value: string): string {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value;
  throw new InvalidArgumentError("It must be an http or https address, such as http://localhost:8000/v1.");
}

/** The highest port there is. */
export const LAST_PORT = 65_535;

/** Reads milliseconds, 0 or more, as seconds. */
export function milliseconds(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number < 0) {
    throw new InvalidArgumentError("It must be a number of milliseconds, 0 or more.");
  }
  return number / 1_000;
}

const MOST_PER_SECOND = 1_000_000;

/** Reads a comma-separated list of numbers above 0, for a flag. */
export function rates(value: string): number[] {
  return value.split(",").map((part) => {
    const number = Number(part);
    if (part.trim() !== "" && number > 0 && number <= MOST_PER_SECOND) return number;
    throw new InvalidArgumentError(
      `It must be a number above 0 and at most ${MOST_PER_SECOND}, or a comma-separated list of them.`,
    );
  });
}

/** Reads a comma-separated list of whole numbers of at least `least`, for a flag. */
export function wholeNumbers(least: number, most?: number): (value: string) => number[] {
  const one = wholeNumber(least, most);
  return (value) => value.split(",").map((part) => one(part.trim()));
}

/** Adds the pair of flags that say what to do with a log that is there already. */
export function addLogFlags(command: Command): Command {
  return command
    .addOption(new Option("--resume", "continue an existing log").conflicts("overwrite"))
    .addOption(new Option("--overwrite", "replace an existing log"));
}

/** Which of the log's fates the flags choose. */
export function ifLogExists(flags: { readonly resume?: true; readonly overwrite?: true }) {
  return flags.resume ? { resume: true as const } : flags.overwrite ? { overwrite: true as const } : {};
}

/**
 * Lets every long flag be written with dashes as well as underscores: `--api-base` for `--api_base`, and the other way
 * where the command's own names have dashes.
 *
 * Only the names this command knows are changed, so that a value such as `--x_y` after `--prompt` stays.
 */
export function withDashedAliases(argv: readonly string[], known: ReadonlySet<string>): string[] {
  return argv.map((argument) => {
    const match = /^(--[a-z][\w-]*)(=.*)?$/s.exec(argument);
    if (match === null || known.has(match[1]!)) return argument;
    const name = match[1]!.slice(2);
    const alias = [`--${name.replaceAll("-", "_")}`, `--${name.replaceAll("_", "-")}`].find((flag) =>
      known.has(flag),
    );
    return alias === undefined ? argument : `${alias}${match[2] ?? ""}`;
  });
}

/** The flag that says which token is the first. */
export function firstTokenFlag(): Option {
  return new Option(
    "--first_token <which>",
    "what counts as the first token: content, or any, with reasoning too",
  )
    .choices(FIRST_TOKENS)
    .default("content");
}

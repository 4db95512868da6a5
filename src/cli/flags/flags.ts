import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { Argument, type Command, InvalidArgumentError } from "commander";
import { whyNoFont } from "../../disk/font-file.js";
import { whyNotWritten } from "../../disk/written-file.js";

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

/** Reads the path of a font, for a flag. */
export function fontPath(path: string): string {
  const rule = whyNoFont(path);
  if (rule !== null) throw new InvalidArgumentError(`It ${rule}.`);
  return path;
}

/** The highest port there is. */
export const LAST_PORT = 65_535;

const isAddress = (value: string): boolean =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);

/** Reads an address, for a flag. */
export function address(value: string): string {
  if (isAddress(value)) return value;
  throw new InvalidArgumentError("It must be an http or https address, such as http://localhost:8000/v1.");
}

/** Reads the address of a server, or the port of one on this machine with this path, for a flag. */
const addressOrPort =
  (path: string) =>
  (value: string): string => {
    if (isAddress(value)) return value;
    const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
    if (port > 0 && port <= LAST_PORT) return `http://localhost:${port}${path}`;
    throw new InvalidArgumentError(
      `It must be an http or https address, such as http://localhost:8000${path}, or its port: 8000.`,
    );
  };

/** Reads the address of an OpenAI-compatible API, or its port on this machine, for a flag. */
export const apiAddress = addressOrPort("/v1");

/** Reads the address of a server, or its port on this machine, for a flag. */
export const serverAddress = addressOrPort("");

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

/** Reads the path of a picture, which is checked before minutes of measuring, not after. */
export function chartPath(path: string): string {
  if (![".svg", ".png", ".pdf"].includes(extname(path).toLowerCase()))
    throw new InvalidArgumentError("It must end in .svg, .png or .pdf.");
  let place = resolve(path);
  if (existsSync(place) && statSync(place).isDirectory())
    throw new InvalidArgumentError("It is a directory.");
  while (!existsSync(place)) place = dirname(place);
  try {
    accessSync(place, constants.W_OK);
    if (place !== resolve(path) && !statSync(place).isDirectory())
      throw Object.assign(new Error(), { code: "ENOTDIR" });
  } catch (cause) {
    throw new InvalidArgumentError(`It can't be written: ${whyNotWritten(cause)}.`);
  }
  return path;
}

/** The flag that a port stands for. */
interface PortFlag {
  /** As it is written, without the dashes before it. */
  readonly flag: string;
  /** The flag's value in the help. */
  readonly shown: string;
  /** The flag's value for a port. */
  readonly valueAt: (port: number) => unknown;
  /** The lowest port: 0 where a server may choose a free one. */
  readonly least: 0 | 1;
}

/** Adds a command's only argument: a port on this machine, short for one of its flags. */
export function addPortArgument(command: Command, { flag, shown, valueAt, least }: PortFlag): Command {
  const port = new Argument("[port]", `short for --${flag} ${shown}`);
  const read = wholeNumber(least, LAST_PORT);
  const readPort = (value: string): number => {
    if (flag !== "port" && /[^-\d.]/.test(value) && !value.startsWith("-"))
      throw new InvalidArgumentError(`It must be a port on this machine; an address is for --${flag}.`);
    return read(value);
  };
  return command.addArgument(port.argParser(readPort)).hook("preAction", () => {
    const [given] = command.processedArgs as [number | undefined];
    if (given === undefined) return;
    const name = command.options.find(({ long }) => long === `--${flag}`)!.attributeName();
    if (command.getOptionValueSource(name) === "cli")
      command.error(`error: give either a port or --${flag}, not both`);
    command.setOptionValueWithSource(name, valueAt(given), "cli");
  });
}

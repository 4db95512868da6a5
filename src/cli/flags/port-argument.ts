import { Argument, type Command } from "commander";
import { LAST_PORT, wholeNumber } from "./flags.js";

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
  return command.addArgument(port.argParser(wholeNumber(least, LAST_PORT))).hook("preAction", () => {
    const [given] = command.processedArgs as [number | undefined];
    if (given === undefined) return;
    const name = command.options.find(({ long }) => long === `--${flag}`)!.attributeName();
    if (command.getOptionValueSource(name) === "cli")
      command.error(`error: give either a port or --${flag}, not both`);
    command.setOptionValueWithSource(name, valueAt(given), "cli");
  });
}

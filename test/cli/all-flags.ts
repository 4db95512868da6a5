import type { Command, Option } from "commander";
import { group } from "d3-array";
import { hideGiven } from "../../src/cli/flags/hide-given.js";
import { program } from "../../src/cli/program.js";
import { consoleOf } from "../../src/cli/screen/console.js";

/** A flag as one command has it. */
export interface FlagOfCommand {
  /** Without the dashes before it, and with underscores for those in it. */
  readonly name: string;
  readonly command: string;
  readonly option: Option;
}

/** Every flag of every command, from the commands' own definitions. */
export async function allFlags(): Promise<readonly FlagOfCommand[]> {
  const nowhere = { write: () => true };
  const root = await program([], consoleOf(nowhere, nowhere), hideGiven([]));
  return root.commands.flatMap((command) => flagsBelow(command, ""));
}

function flagsBelow(command: Command, above: string): FlagOfCommand[] {
  const place = `${above}${command.name()}`;
  return [
    ...command.options.map((option) => ({ name: plain(option.long ?? ""), command: place, option })),
    ...command.commands.flatMap((below) => flagsBelow(below, `${place} `)),
  ];
}

const plain = (long: string): string => long.slice(2).replaceAll("-", "_");

/** Every name with its flag in each command, in alphabetical order. */
export const byName = (flags: readonly FlagOfCommand[]): readonly (readonly [string, FlagOfCommand[]])[] =>
  [...group(flags, ({ name }) => name)].sort(([a], [b]) => (a < b ? -1 : 1));

/** What a flag takes, such as `<n>`; empty for a switch. */
export const takes = ({ flags }: Option): string => /[<[].*[>\]]$/.exec(flags)?.[0] ?? "";

/** A flag's help in three parts: the sentence that all commands share, what this one adds, and the default in words. */
export function parts({ description }: Option): {
  readonly says: string;
  readonly also: string;
  readonly usually: string;
} {
  const usually = /\(default: ([^()]*(?:\([^()]*\)[^()]*)*)\)/.exec(description);
  const rest = description.replace(usually?.[0] ?? "", "").replace(/ +$/, "");
  const [, says = rest, also = ""] = /^(.*?)(?:; (.*))?$/s.exec(rest) ?? [];
  return { says: says.trim(), also: also.trim(), usually: usually?.[1] ?? "" };
}

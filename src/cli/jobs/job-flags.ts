import { type Command, InvalidArgumentError } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { plainLine } from "../../domain/plain-text.js";
import { MOST_SHARDS } from "../../experiments/run-plan.js";
import type { PartsJob } from "../../launch/jobs/parts-job.js";
import { wholeNumber } from "../flags/flags.js";
import type { PartCommand } from "./part-command.js";

/** The flags of every scheduler. */
export interface JobFlags {
  readonly shards: number;
  readonly parallel?: number;
  readonly name: string;
  readonly cpus?: number;
  readonly memory_gib?: number;
  readonly retries: number;
}

/** Adds {@link JobFlags} to a command, and the command that its jobs run. */
export function addJobFlags(command: Command): Command {
  return command
    .argument("<command...>", "after --: a command that takes --shard, as you would run it on one machine")
    .requiredOption("--shards <n>", "parts of the run, one task each", wholeNumber(1, MOST_SHARDS))
    .option("--parallel <n>", "maximum number of parts at a time (default: no limit)", wholeNumber(1))
    .option("--name <name>", "what the scheduler calls the run", labelOf(50), "firsttoken")
    .option("--cpus <n>", "CPUs per part (default: the scheduler's)", wholeNumber(1))
    .option("--memory_gib <n>", "memory per part in GiB (default: the scheduler's)", wholeNumber(1))
    .option("--retries <n>", "how many times a failed part is restarted", wholeNumber(0, 100), 3);
}

/** What {@link JobFlags} and the command say of a job. */
export const jobOf = (flags: JobFlags, { program, words, run }: PartCommand): PartsJob => ({
  ...{ name: flags.name, parts: flags.shards, parallel: flags.parallel ?? null, retries: flags.retries },
  ...{ program, words, run },
  ...{ cpus: flags.cpus ?? null, memoryGib: flags.memory_gib ?? null },
});

/** Refuses flags that belong to the command around this one, which would be ignored. */
export function requireNoneOf(around: Command | null, below: string): void {
  const given = around?.options.find(
    (option) => around.getOptionValueSource(option.attributeName()) === "cli",
  );
  if (given === undefined) return;
  const value = around?.getOptionValue(given.attributeName());
  throw new OptionError(given.long ?? given.flags, `is for servers, not for ${below}`, value);
}

/** Reads a name as schedulers and domain names take it. */
export function labelOf(most: number): (value: string) => string {
  return (value) => {
    if (/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(value) && value.length <= most) return value;
    throw new InvalidArgumentError(
      `It must be a small letter, then small letters, digits and dashes, at most ${most} in all.`,
    );
  };
}

/** Reads a word without spaces or quotes, such as the name of a partition. */
export function wordOf(value: string): string {
  if (/^[\w@%+=:,./-]+$/.test(value) && !value.startsWith("-")) return value;
  throw new InvalidArgumentError("It must be a word without spaces or quotes.");
}

/** Reads a line of shell. */
export function lineOf(value: string, before: readonly string[] = []): readonly string[] {
  if (value.trim() !== "" && plainLine(value) === value) return [...before, value];
  throw new InvalidArgumentError("It must be a single line.");
}

import { Command, InvalidArgumentError } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { slurmJobs } from "../../launch/jobs/slurm-jobs.js";
import type { Console } from "../screen/console.js";
import { addJobFlags, type JobFlags, jobOf, lineOf, requireNoneOf, wordOf } from "./job-flags.js";
import { type Commands, partCommand } from "./part-command.js";

interface SlurmFlags extends JobFlags {
  readonly time?: string;
  readonly partition?: string;
  readonly account?: string;
  readonly setup?: readonly string[];
}

/** `firsttoken launch slurm -- COMMAND`: prints a script that submits a run as an array of tasks; submits nothing. */
export function slurmCommand(console: Console, commands: Commands): Command {
  const command = new Command("slurm").description(
    "print a script that submits a run to Slurm, one task per part, and then their report",
  );
  addJobFlags(command)
    .option("--time <time>", "time limit per part, as Slurm writes it, such as 2:00:00", timeOf)
    .option("--partition <name>", "Slurm's partition (default: the cluster's)", wordOf)
    .option("--account <name>", "the account that is charged (default: yours)", wordOf)
    .option(
      "--setup <line>",
      "a line of shell before each command, such as 'module load nodejs'; repeatable",
      lineOf,
    )
    .addHelpText(
      "after",
      "\nThe folder of the logs must be one that all nodes see. Tasks get the key of\nFIRSTTOKEN_API_KEY, as Slurm hands on the environment." +
        "\n\nExample:\n  firsttoken launch slurm --shards 8 --time 2:00:00 -- \\\n" +
        "    npx firsttoken quality --api_base http://gpu7:8000/v1 > run.sh\n" +
        "  bash run.sh",
    )
    .action(async (words: readonly string[]) => {
      requireNoneOf(command.parent, "slurm");
      const flags = command.opts<SlurmFlags>();
      const part = await partCommand(words, commands);
      if (part.key === "-")
        throw new OptionError("--api_key", "must be @FILE: a task has no standard input", "-");
      for (const url of part.ownAddresses) console.err.write(`Each part asks ${url} on its own node.\n`);
      const job = {
        ...jobOf(flags, part),
        ...{ time: flags.time ?? null, partition: flags.partition ?? null },
        ...{ account: flags.account ?? null, setup: flags.setup ?? [] },
      };
      console.out.write(slurmJobs(job));
    });
  return command;
}

/** Reads a time in one of Slurm's forms: minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S. */
function timeOf(value: string): string {
  if (/^(\d+|\d+:\d\d|\d+:\d\d:\d\d|\d+-\d+(:\d\d){0,2})$/.test(value) && /[1-9]/.test(value)) return value;
  throw new InvalidArgumentError("It must be minutes, H:MM:SS or D-HH:MM:SS, such as 2:00:00 for two hours.");
}

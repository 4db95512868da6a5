import { type Command, InvalidArgumentError, Option } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { MOST_REPEATED, MOST_REQUESTS } from "../../domain/errors/options.js";
import type { Objectives } from "../../domain/records/objectives.js";
import { rates, someSeconds, wholeNumber, wholeNumbers } from "./flags.js";
import { sloFlag } from "./table-flags.js";

/** How hard the server is driven, for how long, and how that is shown. */
export interface LoadFlags {
  readonly rates?: readonly number[];
  readonly concurrency?: readonly number[];
  readonly arrivals?: "constant" | "poisson" | "gamma";
  readonly burstiness?: number;
  readonly requests?: number;
  readonly level_seconds?: number;
  readonly blocks?: number;
  readonly repeats: number;
  readonly slo?: Objectives;
  readonly record_gaps?: true;
}

/** The levels where none are given. */
const USUAL_RATES = [0.5, 1, 2, 4];

/** Requests of a level in a closed loop, and how long one of an open loop is kept up, on the embedded engine. */
const SMALL = { requests: 12, seconds: 4 };

/** Adds {@link LoadFlags} to a command. */
export function addLoadFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--rates <list>", `requests a second, a level each (default: ${USUAL_RATES.join(",")})`)
        .argParser(rates)
        .conflicts("concurrency"),
    )
    .option("--concurrency <list>", "instead: requests kept under way, a level each", wholeNumbers(1, 1_024))
    .addOption(
      new Option("--arrivals <how>", "how requests of a rate are spaced (default: poisson)")
        .choices(["constant", "poisson", "gamma"])
        .conflicts("concurrency"),
    )
    .option(
      "--burstiness <n>",
      "shape of the gaps of gamma arrivals: 1 is Poisson, below 1 burstier, as vLLM's --burstiness",
      burstiness,
    )
    .option(
      "--requests <n>",
      "measured requests of each method at each level (default: 100)",
      wholeNumber(1, MOST_REQUESTS),
    )
    .addOption(
      new Option(
        "--level_seconds <n>",
        `instead: keep each rate up for so long (default on the embedded engine: ${SMALL.seconds})`,
      )
        .argParser(someSeconds)
        .conflicts(["requests", "concurrency"]),
    )
    .option(
      "--blocks <n>",
      "blocks in which the methods alternate at a level (default: by the requests, at most 6)",
      wholeNumber(1, MOST_REPEATED),
    )
    .option("--repeats <n>", "how often all levels are measured", wholeNumber(1, MOST_REPEATED), 1)
    .addOption(sloFlag())
    .option("--record_gaps", "keep every time between tokens in the log");
}

/** The levels and sizes that the flags give, as the library takes them. */
export function loadOf(flags: LoadFlags, isSmall: boolean) {
  const { requests, level_seconds, concurrency, arrivals } = flags;
  if (flags.burstiness !== undefined && (arrivals ?? "gamma") !== "gamma")
    throw new OptionError("--burstiness", "is for --arrivals gamma", flags.burstiness);
  const burstiness = flags.burstiness === undefined ? {} : { burstiness: flags.burstiness };
  const shared = {
    repeats: flags.repeats,
    recordGaps: flags.record_gaps ?? false,
    ...(flags.blocks !== undefined ? { blocks: flags.blocks } : isSmall ? { blocks: 1 } : {}),
  };
  if (concurrency !== undefined) {
    if (flags.burstiness !== undefined)
      throw new OptionError("--burstiness", "is for --rates", flags.burstiness);
    return {
      ...shared,
      concurrency,
      ...(isSmall && { requests: SMALL.requests }),
      ...(requests && { requests }),
    };
  }
  const spacing = flags.burstiness === undefined ? arrivals : "gamma";
  const seconds = level_seconds ?? (isSmall && requests === undefined ? SMALL.seconds : undefined);
  return {
    ...shared,
    ratesPerSecond: flags.rates ?? USUAL_RATES,
    ...(spacing !== undefined && { arrivals: spacing }),
    ...burstiness,
    ...(seconds !== undefined ? { levelSeconds: seconds } : requests !== undefined ? { requests } : {}),
  };
}

function burstiness(value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && number > 0 && number < Number.POSITIVE_INFINITY) return number;
  throw new InvalidArgumentError("It must be a number above 0; for even gaps use --arrivals constant.");
}

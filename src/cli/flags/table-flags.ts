import { type Command, InvalidArgumentError, Option } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { type Gate, type GatedOrReport, gateWords, parseGate } from "../../domain/records/gate.js";
import {
  type Objectives,
  parseObjectives,
  REQUEST_TIME_NAMES,
  type RequestTime,
} from "../../domain/records/objectives.js";
import { requireWritable } from "../../logs/files/writable.js";
import { TABLE_FORMATS, type TableFormat } from "../screen/console.js";
import { flag } from "./vocabulary.js";

/** The flag of gates; it may be given several times. */
export interface GateFlags {
  readonly failIf?: readonly Gate[];
}

/** Which times tables show. */
export interface TimeFlags {
  readonly percentiles?: readonly number[];
  readonly times?: readonly RequestTime[];
}

/** The flag that lets a command fail by its numbers. */
export function gateFlag(command: GatedOrReport): Option {
  return new Option(
    "--fail-if <rule>",
    `exit with 1 if this rule holds for a row or can't be judged, such as 'ttft_p95>0.5' (seconds); repeatable; of ${gateWords(command)}`,
  ).argParser((rule: string, before: readonly Gate[] | undefined) => [
    ...(before ?? []),
    asFlag(() => parseGate(rule, command)),
  ]);
}

/** The flag of objectives. */
export function sloFlag(): Option {
  return new Option(
    "--slo <list>",
    "latency objectives of goodput in seconds, such as ttft=0.5,itl=0.05,e2e=10",
  ).argParser((list: string): Objectives => asFlag(() => parseObjectives(list)));
}

/** Adds {@link TimeFlags} to a command. */
export function addTimeFlags(command: Command): Command {
  return command.addOption(percentilesFlag("TTFT and of --times")).addOption(
    new Option("--times <list>", "further times in the table: itl, tpot, e2e").argParser((list: string) =>
      list.split(",").map((name) => {
        const time = REQUEST_TIME_NAMES.find((known) => known === name.trim());
        if (time !== undefined) return time;
        throw new InvalidArgumentError(`It must be a list of ${REQUEST_TIME_NAMES.join(", ")}.`);
      }),
    ),
  );
}

/** The flag of percentiles. */
export const percentilesFlag = (of: string): Option =>
  new Option(
    "--percentiles <list>",
    `percentiles in the table, such as 50,90,95,99; of ${of} (p99 from 100 requests on)`,
  ).argParser((list: string) =>
    list.split(",").map((part) => {
      const p = Number(part);
      if (part.trim() !== "" && p > 0 && p < 100) return p;
      throw new InvalidArgumentError("It must be a list of numbers above 0 and below 100, such as 50,95,99.");
    }),
  );

/** What the table's options are by these flags. */
export const chosenTimes = ({ percentiles, times }: TimeFlags) => ({
  ...(percentiles !== undefined && { percentiles }),
  ...(times !== undefined && { times }),
});

/** An option's rule in the words of a flag. */
function asFlag<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const rule = error.message.replace(/^--\S+ /, "").replace(/; received .*$/s, "");
    throw new InvalidArgumentError(`It ${rule}.`);
  }
}

/** In which form a command that measures shows its results. */
export interface OutputFlags {
  readonly format?: TableFormat;
  readonly json?: true;
  readonly chart?: string;
  readonly font?: string;
}

/** Adds {@link OutputFlags} to a command. */
export const addOutputFlags = (command: Command, chart: { usually?: string; also?: string } = {}): Command =>
  command
    .addOption(flag("format", { usually: "text" }).choices(TABLE_FORMATS))
    .addOption(flag("json"))
    .addOption(flag("chart", chart))
    .addOption(flag("font"));

/**
 * The form that the flags ask for. A chart that could not be written is refused here, before anything is measured.
 *
 * @throws OptionError where --json contradicts --format; LogError for such a chart.
 */
export function formatOf({ format, json, chart }: OutputFlags): TableFormat {
  if (chart !== undefined) requireWritable(chart, { overwrite: true });
  if (json !== true) return format ?? "text";
  if (format === undefined || format === "json") return "json";
  throw new OptionError("--format", "can't be combined with --json", format);
}

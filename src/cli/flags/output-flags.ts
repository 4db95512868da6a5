import type { Command } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { requireWritable } from "../../logs/files/writable.js";
import { TABLE_FORMATS, type TableFormat } from "../screen/table-format.js";
import { flag } from "./vocabulary.js";

/** In which form a command that measures shows its results. */
export interface OutputFlags {
  readonly format?: TableFormat;
  readonly json?: true;
  readonly chart?: string;
}

/** Adds {@link OutputFlags} to a command. */
export const addOutputFlags = (command: Command, chart: { usually?: string; also?: string } = {}): Command =>
  command
    .addOption(flag("format", { usually: "text" }).choices(TABLE_FORMATS))
    .addOption(flag("json"))
    .addOption(flag("chart", chart));

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

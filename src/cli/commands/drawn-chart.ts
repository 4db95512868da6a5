import { dirname } from "node:path";
import { makeFolder } from "../../disk/written-file.js";
import { OptionError } from "../../domain/errors/errors.js";
import type { ChartFlag } from "../flags/flags.js";
import type { Console } from "../screen/console.js";

/** Writes the chart where one was asked for. */
export async function drawChart(
  { err }: Pick<Console, "err">,
  { chart: path }: ChartFlag,
  chart: () => { save(path: string): Promise<void> },
): Promise<void> {
  if (path === undefined) return;
  makeFolder(dirname(path));
  await chart().save(path);
  err.write(`Chart: ${path}\n`);
}

/**
 * Refuses a chart of one part of a run.
 *
 * @throws OptionError
 */
export function requireWholeRun({ chart }: ChartFlag, isPart: boolean): void {
  if (chart !== undefined && isPart)
    throw new OptionError(
      "--chart",
      "can't be drawn by one part of a run: firsttoken report LOG --chart draws all",
      chart,
    );
}

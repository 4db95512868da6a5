import { OptionError } from "../../domain/errors/errors.js";
import type { Console } from "./console.js";

/** Where a chart is written, if anywhere. */
export interface ChartFlag {
  readonly chart?: string | undefined;
  /** The font of PNG and PDF. */
  readonly font?: string | undefined;
}

/** Writes the chart where one was asked for, in print where it is a PDF, and says where it is. */
export async function drawChart(
  { err }: Pick<Console, "err">,
  { chart: path, font }: ChartFlag,
  chart: () => {
    save(
      path: string,
      options?: { readonly theme: "print" | "screen"; readonly font?: string },
    ): Promise<void>;
  },
): Promise<void> {
  if (path === undefined) return;
  await chart().save(path, {
    theme: /\.pdf$/i.test(path) ? "print" : "screen",
    ...(font !== undefined && { font }),
  });
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

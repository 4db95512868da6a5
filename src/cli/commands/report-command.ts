import { accessSync, constants } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command } from "commander";
import { panels } from "../../api/charts.js";
import { whyNotWritten, writeWhole } from "../../disk/written-file.js";
import { FirstTokenError, OptionError } from "../../domain/errors/errors.js";
import { jsonText } from "../../domain/json.js";
import { plainText } from "../../domain/plain-text.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { Gate } from "../../domain/records/gate.js";
import type { Objectives } from "../../domain/records/objectives.js";
import { isRemote } from "../../logs/duckdb/copies.js";
import { storedFiles } from "../../logs/duckdb/stored-files.js";
import { packageVersion } from "../../logs/files/run-environment.js";
import { readByKind } from "../../logs/read-by-kind.js";
import type { GateSubject } from "../../report/gates/judge-gates.js";
import { reportSubjects } from "../../report/gates/report-subjects.js";
import { type ChartRows, kindChart } from "../../report/page/kind-chart.js";
import { makeReport } from "../../report/page/report-page.js";
import { gateFlag, sloFlag } from "../flags/table-flags.js";
import { firstTokenFlag, flag } from "../flags/vocabulary.js";
import { type Console, colour } from "../screen/console.js";
import { drawChart } from "../screen/drawn-chart.js";
import { gateFailed, gatesJson, sayGates } from "../screen/gates-screen.js";
import { partialFlag, sourcesOf } from "./log-arguments.js";
import { printSummary } from "./report-summary.js";

interface ReportFlags {
  readonly out: string;
  readonly title: string;
  readonly baseline?: string;
  readonly first_token: FirstToken;
  readonly show_ttft?: true;
  readonly skip_bad_lines?: true;
  readonly allow_partial?: true;
  readonly json?: true;
  readonly chart?: string;
  readonly font?: string;
  readonly chart_columns?: string;
  readonly chart_rows?: string;
  readonly chart_series?: string;
  readonly failIf?: readonly Gate[];
  readonly slo?: Objectives;
  readonly summary?: true;
}

/** `firsttoken report LOG…`: one page of tables, charts, provenance and warnings from logs of any kind. */
export function reportCommand(console: Console): Command {
  const command = new Command("report")
    .description(
      "one HTML page from logs of any kind (ttft, blend, quality, load, proxy): questions, tables, charts, provenance and warnings",
    )
    .argument(
      "<logs...>",
      "logs, folders or globs of them, here or on s3://, or LABEL=LOG to name what is compared",
    )
    .option("--out <path>", "path of the page, may be on s3://; an existing file is replaced", "report.html")
    .option("--title <text>", "the page's heading", "Time to first token")
    .option("--baseline <label>", "the label the others are compared with")
    .addOption(firstTokenFlag())
    .addOption(flag("show_ttft"))
    .addOption(flag("skip_bad_lines"))
    .addOption(partialFlag())
    .addOption(flag("chart", { also: "of logs of one kind" }))
    .addOption(flag("font"))
    .option(
      "--chart_columns <column>",
      "panels of the chart side by side, one for each value of a column, such as model",
    )
    .option("--chart_rows <column>", "panels of the chart below each other, such as one for each dataset")
    .option("--chart_series <column>", "the column that distinguishes the chart's lines (default: label)")
    .addOption(sloFlag())
    .addOption(gateFlag("report"))
    .option(
      "--summary",
      "of loads in Parquet of any size: print counts, mean and quantiles by label and level, computed by DuckDB; no page",
    )
    .addOption(flag("json", { also: "the tables' rows and the warnings" }))
    .addHelpText(
      "after",
      "\nA run that lacks parts (--allow_partial) fails every --fail-if, because what is" +
        "\nmissing can't be judged.\n\nExamples:\n  firsttoken report results --out report.html\n" +
        "  firsttoken report results/load/load.jsonl --out load.html\n" +
        "  firsttoken report vLLM=vllm.jsonl LMCache=lmcache.jsonl --baseline vLLM\n" +
        "  firsttoken report results/quality --chart quality.pdf \\\n" +
        "    --chart_columns model --chart_rows dataset\n" +
        "  firsttoken report s3://bucket/run --fail-if 'ttft_p95>0.5' --fail-if errors\n" +
        "  firsttoken report s3://bucket/rows/ --summary   # any number of rows",
    )
    .action(async (logs: string[]) => {
      const flags = command.opts<ReportFlags>();
      process.exitCode = flags.summary
        ? await printSummary(console, logs, flags, givenFlags(command))
        : await report(console, logs, flags);
    });
  return command;
}

/** A run of which parts are missing, as a row that no gate can be judged on: what is missing may be what fails it. */
const lacking = (name: string, message: string): GateSubject => ({
  name,
  valueOf: () => ({ missing: message.replace(/\.$/, "") }),
});

const givenFlags = (command: Command): readonly string[] =>
  command.options.flatMap((option) =>
    command.getOptionValueSource(option.attributeName()) === "cli" ? [option.long ?? option.flags] : [],
  );

/** The chart of the logs' one kind, in panels where columns are named. */
function panelsOf(read: ChartRows, flags: ReportFlags) {
  const { chart_columns: columns, chart_rows: rows, chart_series: series } = flags;
  const shown = { firstToken: flags.first_token, showTtft: flags.show_ttft ?? false };
  const { rows: all, chart, chartOf } = kindChart(read, shown);
  const parted = columns ?? rows ?? series;
  return parted === undefined
    ? chart()
    : panels(all, chartOf, {
        ...(columns !== undefined && { columns: columns as never }),
        ...(rows !== undefined && { rows: rows as never }),
        ...(series !== undefined && { series: series as never }),
      });
}

async function report({ out, err }: Console, logs: readonly string[], flags: ReportFlags): Promise<number> {
  const parted = Object.entries(flags).find(([name]) => name.startsWith("chart_"));
  if (parted !== undefined && flags.chart === undefined)
    throw new OptionError(`--${parted[0]}`, "needs --chart, the picture's path", parted[1]);
  if (!/\.html?$/i.test(flags.out)) throw new OptionError("--out", "must end in .html", flags.out);
  // Checked before minutes of reading, not after.
  if (!isRemote(flags.out)) writing(flags.out, () => accessSync(dirname(resolve(flags.out)), constants.W_OK));
  const read = await readByKind(sourcesOf(logs), {
    onBadLine: flags.skip_bad_lines ? "skip" : "throw",
    allowPartial: flags.allow_partial ?? false,
  });
  const shown = {
    ...{ firstToken: flags.first_token, showTtft: flags.show_ttft ?? false },
    ...(flags.slo !== undefined && { slo: flags.slo }),
  };
  const { html, warnings, tables } = await makeReport({
    rows: read,
    logs: read.logs,
    problems: read.problems.map(({ message }) => message),
    title: flags.title,
    shown,
    ...(flags.baseline !== undefined && { baseline: flags.baseline }),
    madeAt: new Date().toISOString(),
    packageVersion: packageVersion(),
  });
  if (isRemote(flags.out)) await storedFiles(flags.out, true, async (path) => written(path, html));
  else written(flags.out, html);
  await drawChart({ err }, flags, () => panelsOf(read, flags));
  for (const warning of warnings) err.write(`${colour(err, 33, plainText(warning))}\n`);
  const partial = read.problems.filter(({ kind }) => kind === "missing cells");
  const gates = sayGates({ err }, flags.failIf, () => [
    ...partial.map(({ path, message }) => lacking(path, message)),
    ...reportSubjects(read, { ...shown, baseline: flags.baseline }),
  ]);
  const told = gates === null ? {} : { gates: gatesJson(gates) };
  out.write(flags.json ? `${jsonText({ ...tables, warnings, ...told })}\n` : `${flags.out}\n`);
  return gateFailed(gates) ? 1 : 0;
}

function written(path: string, html: string): { readonly files: readonly string[] } {
  writing(path, () => writeWhole(path, html));
  return { files: [path] };
}

/** Names the page where something that writes it fails. */
function writing(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    throw new FirstTokenError(`Can't write ${path}: ${whyNotWritten(cause)}.`, { cause });
  }
}

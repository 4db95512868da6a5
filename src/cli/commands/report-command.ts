import { accessSync, constants } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command } from "commander";
import { whyNotWritten, writeWhole } from "../../disk/written-file.js";
import { FirstTokenError, OptionError } from "../../domain/errors/errors.js";
import { jsonText } from "../../domain/json.js";
import { plainText } from "../../domain/plain-text.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import { packageVersion } from "../../logs/files/run-environment.js";
import { readByKind } from "../../logs/read-by-kind.js";
import { makeReport } from "../../report/page/report-page.js";
import { firstTokenFlag, flag } from "../flags/vocabulary.js";
import { type Console, colour } from "../screen/console.js";
import { partialFlag, sourcesOf } from "./log-arguments.js";

interface ReportFlags {
  readonly out: string;
  readonly title: string;
  readonly baseline?: string;
  readonly first_token: FirstToken;
  readonly show_ttft?: true;
  readonly skip_bad_lines?: true;
  readonly allow_partial?: true;
  readonly json?: true;
}

/** `firsttoken report LOG…`: one page of tables, charts, provenance and warnings from logs of any kind. */
export function reportCommand(console: Console): Command {
  const command = new Command("report")
    .description(
      "one HTML page from logs of any kind (ttft, blend, quality, load, proxy): questions, tables, charts, provenance and warnings",
    )
    .argument("<logs...>", "logs, folders or globs of them, or LABEL=LOG to name what is compared")
    .option("--out <path>", "path of the page; an existing file is replaced", "report.html")
    .option("--title <text>", "the page's heading", "Time to first token")
    .option("--baseline <label>", "the label the others are compared with")
    .addOption(firstTokenFlag())
    .addOption(flag("show_ttft"))
    .addOption(flag("skip_bad_lines"))
    .addOption(partialFlag())
    .addOption(flag("json", { also: "the tables' rows and the warnings" }))
    .addHelpText(
      "after",
      "\nExamples:\n  firsttoken report results --out report.html\n" +
        "  firsttoken report results/load/load.jsonl --out load.html   # TTFT against request rate\n" +
        "  firsttoken report vLLM=results/vllm.jsonl LMCache=results/lmcache.jsonl --baseline vLLM",
    )
    .action(async (logs: string[]) => {
      process.exitCode = await report(console, logs, command.opts<ReportFlags>());
    });
  return command;
}

async function report({ out, err }: Console, logs: readonly string[], flags: ReportFlags): Promise<number> {
  if (!/\.html?$/i.test(flags.out)) throw new OptionError("--out", "must end in .html", flags.out);
  // Checked before minutes of reading, not after.
  writing(flags.out, () => accessSync(dirname(resolve(flags.out)), constants.W_OK));
  const read = await readByKind(sourcesOf(logs), {
    onBadLine: flags.skip_bad_lines ? "skip" : "throw",
    allowPartial: flags.allow_partial ?? false,
  });
  const { html, warnings, tables } = await makeReport({
    rows: read,
    logs: read.logs,
    problems: read.problems.map(({ message }) => message),
    title: flags.title,
    shown: { firstToken: flags.first_token, showTtft: flags.show_ttft ?? false },
    ...(flags.baseline !== undefined && { baseline: flags.baseline }),
    madeAt: new Date().toISOString(),
    packageVersion: packageVersion(),
  });
  writing(flags.out, () => writeWhole(flags.out, html));
  for (const warning of warnings) err.write(`${colour(err, 33, plainText(warning))}\n`);
  out.write(flags.json ? `${jsonText({ ...tables, warnings })}\n` : `${flags.out}\n`);
  return 0;
}

/** Names the page where something that writes it fails. */
function writing(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    throw new FirstTokenError(`Can't write ${path}: ${whyNotWritten(cause)}.`, { cause });
  }
}

import { Command, Option } from "commander";
import { convertLogs, FILE_FORMS, type FileForm } from "../../convert/convert-logs.js";
import { plainText } from "../../domain/plain-text.js";
import { flag } from "../flags/vocabulary.js";
import { type Console, colour } from "../screen/console.js";
import { partialFlag, sourcesOf } from "./log-arguments.js";

interface ConvertFlags {
  readonly to: FileForm;
  readonly out: string;
  readonly overwrite?: true;
  readonly spreadsheet?: true;
  readonly skip_bad_lines?: true;
  readonly allow_partial?: true;
}

/** `firsttoken convert LOG… --to FORM --out PATH`: records of one kind as a file of another form. */
export function convertCommand(console: Console): Command {
  const command = new Command("convert")
    .description("logs of one kind, or other tools' results, as a file that other programs read")
    .argument("<logs...>", "logs, folders or globs of them, or LABEL=LOG to name what is compared")
    .addOption(new Option("--to <form>", "the file's form").choices(FILE_FORMS).makeOptionMandatory())
    .requiredOption("--out <path>", "path of the file")
    .addOption(flag("overwrite"))
    .option(
      "--spreadsheet",
      "in CSV, put an apostrophe before texts that a spreadsheet would take for formulas",
    )
    .addOption(flag("skip_bad_lines"))
    .addOption(partialFlag())
    .addHelpText(
      "after",
      "\nParquet needs DuckDB beside this package: npm install @duckdb/node-api.\n" +
        "\nExamples:\n  firsttoken convert 'results/ttft/*.jsonl' --to csv --out ttft.csv\n" +
        "  firsttoken convert load.jsonl --to vllm-bench --out serve.json\n" +
        "  firsttoken convert load.jsonl --to llm-d-report --out report.json\n" +
        "  firsttoken convert vLLM=vllm.jsonl LMCache=lmcache.jsonl \\\n" +
        "    --to parquet --out ttft.parquet",
    )
    .action((logs: string[]) => convert(console, logs, command.opts<ConvertFlags>()));
  return command;
}

async function convert(
  { out, err }: Console,
  logs: readonly string[],
  { to, out: path, overwrite, spreadsheet, skip_bad_lines, allow_partial }: ConvertFlags,
): Promise<void> {
  const converted = await convertLogs(sourcesOf(logs), {
    to,
    out: path,
    overwrite: overwrite ?? false,
    spreadsheet: spreadsheet ?? false,
    onBadLine: skip_bad_lines ? "skip" : "throw",
    allowPartial: allow_partial ?? false,
  });
  for (const note of converted.notes) err.write(`${colour(err, 33, plainText(note))}\n`);
  err.write(`${converted.rows} ${converted.kind} record${converted.rows === 1 ? "" : "s"}.\n`);
  for (const file of converted.files) out.write(plainText(`${file}\n`));
}

import { Command, InvalidArgumentError, Option } from "commander";
import { convertLogs, FILE_FORMS, type FileForm } from "../../convert/convert-logs.js";
import { plainText } from "../../domain/plain-text.js";
import { flag } from "../flags/vocabulary.js";
import { type Console, colour } from "../screen/console.js";
import { partialFlag, sourcesOf } from "./log-arguments.js";

interface ConvertFlags {
  readonly to: FileForm;
  readonly out: string;
  readonly partition_by?: readonly string[];
  readonly overwrite?: true;
  readonly spreadsheet?: true;
  readonly skip_bad_lines?: true;
  readonly allow_partial?: true;
}

/** `firsttoken convert LOG… --to FORM --out PATH`: records of one kind as a file of another form. */
export function convertCommand(console: Console): Command {
  const command = new Command("convert")
    .description("logs of one kind, or other tools' results, as a file that other programs read")
    .argument(
      "<logs...>",
      "logs, folders or globs of them, here or on s3://, or LABEL=LOG to name what is compared",
    )
    .addOption(new Option("--to <form>", "the file's form").choices(FILE_FORMS).makeOptionMandatory())
    .requiredOption("--out <path>", "path of the file, or of the folder of --partition_by; may be on s3://")
    .option(
      "--partition_by <list>",
      "of Parquet: a folder of files, in folders by the values of columns, such as label,level",
      columnNames,
    )
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
        "    --to parquet --out ttft.parquet\n" +
        "  firsttoken convert run --to parquet --partition_by label,level \\\n" +
        "    --out s3://bucket/rows",
    )
    .action((logs: string[]) => convert(console, logs, command.opts<ConvertFlags>()));
  return command;
}

async function convert(
  { out, err }: Console,
  logs: readonly string[],
  { to, out: path, partition_by, overwrite, spreadsheet, skip_bad_lines, allow_partial }: ConvertFlags,
): Promise<void> {
  const converted = await convertLogs(sourcesOf(logs), {
    to,
    out: path,
    ...(partition_by !== undefined && { partitionBy: partition_by }),
    overwrite: overwrite ?? false,
    spreadsheet: spreadsheet ?? false,
    onBadLine: skip_bad_lines ? "skip" : "throw",
    allowPartial: allow_partial ?? false,
  });
  for (const note of converted.notes) err.write(`${colour(err, 33, plainText(note))}\n`);
  err.write(`${converted.rows} ${converted.kind} record${converted.rows === 1 ? "" : "s"}.\n`);
  for (const file of converted.files) out.write(plainText(`${file}\n`));
}

function columnNames(list: string): readonly string[] {
  const names = list.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw new InvalidArgumentError("It must be a list of columns, such as label,level.");
}

import { join } from "node:path";
import { Command } from "commander";
import { LogError } from "../../domain/errors/errors.js";
import { MOST_CONTEXT_TOKENS } from "../../domain/errors/options.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { sweepTtft } from "../../experiments/ttft/ttft-sweep.js";
import { isRemote } from "../../logs/duckdb/copies.js";
import { requireLogWritable } from "../../logs/files/writable.js";
import { logPerSize, perSizeFiles, requirePerSize } from "../../logs/log-per-size.js";
import { requireJudgeable } from "../../report/gates/planned-gates.js";
import { ttftSubjects } from "../../report/gates/ttft-subjects.js";
import { ttftChart } from "../../report/ttft/ttft-chart.js";
import { ttftTable } from "../../report/ttft/ttft-table.js";
import { interruptible, writesLog } from "../ending/interruption.js";
import { wholeNumbers } from "../flags/flags.js";
import { addLogFlags, ifLogExists } from "../flags/log-flags.js";
import { shownPath, storedOnS3 } from "../flags/log-on-s3.js";
import { addServerFlags, connectAs, type ServerFlags } from "../flags/server-flags.js";
import {
  addShardFlag,
  chosenShard,
  failuresCount,
  placeOfLog,
  type ShardFlag,
  saysNothingToDo,
  serversOfShard,
} from "../flags/shard-flag.js";
import {
  addOutputFlags,
  addTimeFlags,
  chosenTimes,
  formatOf,
  type GateFlags,
  gateFlag,
  type OutputFlags,
  type TimeFlags,
} from "../flags/table-flags.js";
import { firstTokenFlag, flag } from "../flags/vocabulary.js";
import type { Console, TableFormat } from "../screen/console.js";
import { drawChart, requireWholeRun } from "../screen/drawn-chart.js";
import { gateFailed, rowsJson, sayGates } from "../screen/gates-screen.js";
import { progressBar } from "../screen/progress-bar.js";
import { gatePlanOfRuns } from "../screen/run-gates.js";
import { printTable } from "../screen/table-screen.js";

/** The flags of every cold-and-warm experiment. */
export interface ColdAndWarmFlags extends ServerFlags, GateFlags, ShardFlag, OutputFlags {
  readonly runs: number;
  readonly max_tokens: number;
  readonly seed: number;
  readonly resume?: true;
  readonly overwrite?: true;
  readonly first_token: FirstToken;
}

/** Adds {@link ColdAndWarmFlags} to a command. */
export function addColdAndWarmFlags(command: Command): Command {
  return addOutputFlags(addShardFlag(addLogFlags(addServerFlags(command))))
    .addOption(flag("runs", { usual: 5, also: "an interval needs at least 5" }))
    .addOption(flag("max_tokens", { usual: 8 }))
    .addOption(firstTokenFlag())
    .addOption(flag("seed", { usual: 1 }));
}

interface SweepFlags extends ColdAndWarmFlags, TimeFlags {
  readonly context_sizes: number[];
  readonly prompt: string;
  readonly out_dir: string;
}

/** `firsttoken sweep`: TTFT against context length, cold and warm; one log a size and all of them merged. */
export function sweepCommand(console: Console): Command {
  const command = new Command("sweep").description("TTFT against context length, cold and warm");
  addTimeFlags(addColdAndWarmFlags(command))
    .option(
      "--context_sizes <list>",
      "context lengths in tokens, separated by commas",
      wholeNumbers(16, MOST_CONTEXT_TOKENS),
      [1_000, 2_000, 4_000, 8_000],
    )
    .addOption(flag("prompt", { usual: "Summarize this text" }))
    .addOption(flag("out_dir", { usual: "results/ttft", also: "may be on s3://" }))
    .addOption(gateFlag("ttft"))
    .addHelpText(
      "after",
      "\nWrites results/ttft/ttft_1000.jsonl … and results/ttft/all_ttft_results.jsonl," +
        "\nthen prints the table." +
        "\n\nExamples:\n  firsttoken sweep 8000 --context_sizes 1000,4000,16000" +
        "\n  firsttoken sweep --api_base https://api.example.com/v1 --chart ttft.pdf",
    )
    .action(async () => {
      const flags = command.opts<SweepFlags>();
      const shard = chosenShard(flags, process.env, () => {});
      const { out_dir } = flags;
      const log = shard === undefined ? inFolder(out_dir, "all_ttft_results.jsonl") : out_dir;
      process.exitCode = await storedOnS3(log, shard, console, (place) =>
        interruptible((signal) => sweep(console, flags, place, signal)),
      );
    });
  return command;
}

const inFolder = (folder: string, name: string): string =>
  isRemote(folder) ? `${folder.replace(/\/+$/, "")}/${name}` : join(folder, name);

/** @param whole the log, or in parts the folder of their logs. */
async function sweep(
  console: Console,
  flags: SweepFlags,
  whole: string,
  signal: AbortSignal,
): Promise<number> {
  const say = (note: string) => void console.err.write(`${note}\n`);
  const format = formatOf(flags);
  const shard = chosenShard(flags, process.env, say);
  requireWholeRun(flags, shard !== undefined);
  requireJudgeable(flags.failIf, gatePlanOfRuns(flags.runs, null));
  // Shards are merged when their folder is read; so is what is on S3.
  const isSplit = shard === undefined && !isRemote(flags.out_dir);
  const { log, ifExists } = placeOfLog(whole, flags, shard);
  requireLogWritable(log, ifExists);
  if (isSplit) requirePerSize(flags.out_dir, flags.context_sizes, ifExists);
  const replaced = ifExists.overwrite === true && isSplit ? perSizeFiles(log, flags.out_dir) : [];
  writesLog(log);
  const server = await connectAs(serversOfShard(flags, shard), console, signal);
  /** Whether the merged log is this run's, to be split by size: a run that was refused has no part in what is there. */
  let isOurs = false;
  try {
    const rows = await sweepTtft({
      server,
      contextTokens: flags.context_sizes,
      runs: flags.runs,
      prompt: flags.prompt,
      maxTokens: flags.max_tokens,
      firstToken: flags.first_token,
      seed: flags.seed,
      log: whole,
      ...ifLogExists(flags),
      ...(shard && { shard: { ...shard, ownServers: true } }),
      onRecord: () => {
        isOurs = true;
      },
      onProgress: progressBar(console.err, "Trials:"),
      onNote: say,
      signal,
    });
    isOurs = true;
    if (saysNothingToDo(rows, shard, say)) return 0;
    return (await showTtft(console, { ...flags, format }, rows, log)) || failuresCount(rows, shard, say)
      ? 1
      : 0;
  } catch (error) {
    // The log belongs to another process by now, or the disk is full.
    if (error instanceof LogError) isOurs = false;
    throw error;
  } finally {
    server.close();
    if (isOurs && isSplit) logPerSize(log, flags.out_dir, ifExists, replaced, say);
  }
}

/** Prints the table of TTFT rows, draws the chart and says where the log is. Says whether a gate failed. */
async function showTtft(
  { out, err }: Console,
  flags: Pick<SweepFlags, "chart" | "first_token" | "failIf" | "percentiles" | "times"> & {
    readonly format: TableFormat;
  },
  rows: readonly TtftRecord[],
  log: string,
): Promise<boolean> {
  const labelled = rows.map((row) => ({ ...row, label: row.label ?? row.model ?? "server" }));
  const table = ttftTable(labelled, { firstToken: flags.first_token, ...chosenTimes(flags) });
  printTable({ out, err }, table, flags.format);
  const gates = sayGates({ err }, flags.failIf, () => ttftSubjects(labelled, flags.first_token));
  if (flags.format === "json") out.write(rowsJson(table.rows, gates));
  await drawChart({ err }, flags, () => ttftChart(labelled, { firstToken: flags.first_token }));
  err.write(`Log: ${shownPath(log)}\n`);
  return gateFailed(gates);
}

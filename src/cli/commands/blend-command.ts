import { Command, Option } from "commander";
import { MOST_CONTEXT_TOKENS } from "../../domain/errors/options.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import { blendInputs } from "../../experiments/methods/blend-inputs.js";
import { blendTtft } from "../../experiments/methods/blend-ttft.js";
import { requireLogWritable } from "../../logs/files/writable.js";
import { blendSubjects } from "../../report/gates/method-subjects.js";
import { aloneWithout, requireJudgeable } from "../../report/gates/planned-gates.js";
import { blendLines, blendTable } from "../../report/methods/blend-table.js";
import { blendOverview } from "../../report/page/kind-chart.js";
import { interruptible, writesLog } from "../ending/interruption.js";
import { wholeNumbers } from "../flags/flags.js";
import { ifLogExists } from "../flags/log-flags.js";
import { shownPath, storedOnS3 } from "../flags/log-on-s3.js";
import { addMethodFlags, chooseMethods, type MethodFlags } from "../flags/method-flags.js";
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
import type { Console } from "../screen/console.js";
import { drawChart, requireWholeRun } from "../screen/drawn-chart.js";
import { gateFailed, rowsJson, sayGates } from "../screen/gates-screen.js";
import { progressBar } from "../screen/progress-bar.js";
import { gatePlanOfRuns } from "../screen/run-gates.js";
import { printTable } from "../screen/table-screen.js";

interface BlendFlags extends MethodFlags, GateFlags, TimeFlags, ShardFlag, OutputFlags {
  readonly input_lengths?: number[];
  readonly chunk_lengths?: number[];
  readonly runs: number;
  readonly chunks: number[];
  readonly max_tokens: number;
  readonly warm_ups: number;
  readonly first_token: FirstToken;
  readonly out: string;
}

/** `firsttoken blend`: TTFT of full prefill, prefix caching, full KV reuse and CacheBlend by input length. */
export function blendCommand(console: Console): Command {
  const command = new Command("blend").description(
    "TTFT by method: full prefill, prefix cache, KV reuse, CacheBlend",
  );
  addOutputFlags(addShardFlag(addTimeFlags(addMethodFlags(command))), {
    also: "TTFT against the number of chunks, their length or that of the input",
  })
    .option(
      "--input_lengths <list>",
      "input lengths in tokens, separated by commas (default: 512,1024,2048,4096,8192)",
      wholeNumbers(64, MOST_CONTEXT_TOKENS),
    )
    .addOption(
      new Option(
        "--chunk_lengths <list>",
        "input tokens per chunk, instead of --input_lengths: more chunks make a longer input",
      )
        .argParser(wholeNumbers(1, MOST_CONTEXT_TOKENS))
        .conflicts("input_lengths"),
    )
    .addOption(flag("runs", { usual: 5, also: "a cell is a method at a length" }))
    .option("--chunks <list>", "chunks per context, one number or several", wholeNumbers(1), [4])
    .addOption(flag("max_tokens", { usual: 10 }))
    .addOption(firstTokenFlag())
    .addOption(flag("warm_ups", { usual: 2, also: "of each method and length" }))
    .addOption(flag("out", { usual: "results/blend/blend.jsonl" }))
    .addOption(gateFlag("blend"))
    .addHelpText(
      "after",
      "\nExamples:\n  firsttoken serve --model bench &\n  firsttoken blend 8000 --input_lengths 1024,2048\n" +
        "  firsttoken blend 8000 --blend_api_base 8001 --lmcache --bos_token 1   # vLLM\n" +
        "  firsttoken blend 8000 --chunks 2,4,8 --chunk_lengths 256 --chart chunks.svg",
    )
    .action(async () => {
      const flags = command.opts<BlendFlags>();
      const shard = chosenShard(flags, process.env, () => {});
      process.exitCode = await storedOnS3(flags.out, shard, console, (out) =>
        interruptible((signal) => runBlend(console, { ...flags, out }, signal)),
      );
    });
  return command;
}

async function runBlend({ out, err }: Console, flags: BlendFlags, signal: AbortSignal): Promise<number> {
  const format = formatOf(flags);
  const say = (note: string) => void err.write(`${note}\n`);
  const shard = chosenShard(flags, process.env, say);
  const { log, ifExists } = placeOfLog(flags.out, flags, shard);
  requireWholeRun(flags, shard !== undefined);
  const inputs = {
    ...(flags.input_lengths !== undefined && { inputTokens: flags.input_lengths }),
    ...(flags.chunk_lengths !== undefined && { chunkTokens: flags.chunk_lengths }),
    chunks: flags.chunks,
  };
  blendInputs(inputs);
  requireJudgeable(flags.failIf, gatePlanOfRuns(flags.runs, aloneWithout(flags.methods)));
  requireLogWritable(log, ifExists);
  writesLog(log);
  const { methods, close } = await chooseMethods(serversOfShard(flags, shard), { err }, signal);
  try {
    const rows = await blendTtft({
      methods,
      ...inputs,
      runs: flags.runs,
      maxTokens: flags.max_tokens,
      firstToken: flags.first_token,
      warmUps: flags.warm_ups,
      seed: flags.seed,
      log: flags.out,
      ...ifLogExists(flags),
      ...(shard && { shard: { ...shard, ownServers: true } }),
      onProgress: progressBar(err, "Requests:"),
      onNote: say,
      signal,
    });
    if (saysNothingToDo(rows, shard, say)) return 0;
    const table = blendTable(rows, { firstToken: flags.first_token, ...chosenTimes(flags) });
    if (format === "text") out.write(`${blendLines(table).join("\n")}\n\n`);
    printTable({ out, err }, table, format);
    const gates = sayGates({ err }, flags.failIf, () => blendSubjects(rows, flags.first_token));
    if (format === "json") out.write(rowsJson(table.rows, gates));
    err.write(`Log: ${shownPath(log)}\n`);
    // With one number of chunks, their length is what was varied.
    const isByLength = flags.chunk_lengths !== undefined && flags.chunks.length === 1;
    await drawChart({ err }, flags, () =>
      blendOverview(rows, {
        firstToken: flags.first_token,
        against: isByLength ? "chunkLength" : undefined,
      }),
    );
    return gateFailed(gates) || failuresCount(rows, shard, say) ? 1 : 0;
  } finally {
    close();
  }
}

import { Command } from "commander";
import { MOST_CONTEXT_TOKENS } from "../../domain/errors/options.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import { blendTtft } from "../../experiments/methods/blend-ttft.js";
import { requireLogWritable } from "../../logs/files/writable.js";
import { blendSubjects } from "../../report/gates/method-subjects.js";
import { blendLines, blendTable } from "../../report/methods/blend-table.js";
import { interruptible, writesLog } from "../ending/interruption.js";
import { wholeNumber, wholeNumbers } from "../flags/flags.js";
import { ifLogExists } from "../flags/log-flags.js";
import { addMethodFlags, chooseMethods, type MethodFlags } from "../flags/method-flags.js";
import {
  addShardFlag,
  chosenShard,
  placeOfLog,
  type ShardFlag,
  saysNothingToDo,
  serversOfShard,
} from "../flags/shard-flag.js";
import { addTimeFlags, chosenTimes, type GateFlags, gateFlag, type TimeFlags } from "../flags/table-flags.js";
import { firstTokenFlag, flag } from "../flags/vocabulary.js";
import type { Console } from "../screen/console.js";
import { warnOfCuts } from "../screen/cut-warning.js";
import { gateFailed, rowsJson, sayGates } from "../screen/gates-screen.js";
import { progressBar } from "../screen/progress-bar.js";

interface BlendFlags extends MethodFlags, GateFlags, TimeFlags, ShardFlag {
  readonly input_lengths: number[];
  readonly runs: number;
  readonly chunks: number;
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
  addShardFlag(addTimeFlags(addMethodFlags(command)))
    .option(
      "--input_lengths <list>",
      "input lengths in tokens, separated by commas",
      wholeNumbers(64, MOST_CONTEXT_TOKENS),
      [512, 1_024, 2_048, 4_096, 8_192],
    )
    .addOption(flag("runs", { usual: 5, also: "a cell is a method at a length" }))
    .option("--chunks <n>", "chunks of a context", wholeNumber(1), 4)
    .addOption(flag("max_tokens", { usual: 10 }))
    .addOption(firstTokenFlag())
    .addOption(flag("warm_ups", { usual: 2, also: "of each method and length" }))
    .addOption(flag("out", { usual: "results/blend/blend.jsonl" }))
    .addOption(gateFlag("blend"))
    .addHelpText(
      "after",
      "\nExamples:\n  firsttoken serve --model bench &\n  firsttoken blend --input_lengths 1024,2048\n" +
        "  firsttoken blend --api_base http://localhost:8000/v1 --blend_api_base http://localhost:8001/v1 --lmcache " +
        "--bos_token 1",
    )
    .action(async () => {
      const flags = command.opts<BlendFlags>();
      process.exitCode = await interruptible((signal) => runBlend(console, flags, signal));
    });
  return command;
}

async function runBlend({ out, err }: Console, flags: BlendFlags, signal: AbortSignal): Promise<number> {
  const say = (note: string) => void err.write(`${note}\n`);
  const shard = chosenShard(flags, process.env, say);
  const { log, fate } = placeOfLog(flags.out, flags, shard);
  requireLogWritable(log, fate);
  writesLog(log);
  const { methods, close } = await chooseMethods(serversOfShard(flags, shard), { err }, signal);
  try {
    const rows = await blendTtft({
      methods,
      inputTokens: flags.input_lengths,
      trials: flags.runs,
      chunks: flags.chunks,
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
    if (!flags.json) out.write(`${blendLines(table).join("\n")}\n\n${table.text}\n`);
    const gates = sayGates({ err }, flags.failIf, () => blendSubjects(rows, flags.first_token));
    if (flags.json) out.write(rowsJson(table.rows, gates));
    if (flags.json) for (const alarm of table.alarms) err.write(`${alarm}\n`);
    warnOfCuts(err, rows, flags);
    err.write(`Log: ${log}\n`);
    return gateFailed(gates) || rows.some(({ outcome }) => outcome !== "ok") ? 1 : 0;
  } finally {
    close();
  }
}

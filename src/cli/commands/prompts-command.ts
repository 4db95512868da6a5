import { Command, Option } from "commander";
import { readWhole } from "../../disk/open-file.js";
import { OptionError } from "../../domain/errors/errors.js";
import { MOST_CONTEXT_TOKENS } from "../../domain/errors/options.js";
import { isObject } from "../../domain/json.js";
import { measurePromptEffect } from "../../experiments/ttft/prompt-effect.js";
import { requireLogWritable } from "../../logs/files/writable.js";
import { requireJudgeable } from "../../report/gates/planned-gates.js";
import { promptSubjects } from "../../report/gates/prompt-subjects.js";
import { promptChart } from "../../report/prompts/prompt-chart.js";
import { promptTable } from "../../report/prompts/prompt-table.js";
import { interruptible, writesLog } from "../ending/interruption.js";
import { wholeNumber } from "../flags/flags.js";
import { ifLogExists } from "../flags/log-flags.js";
import { shownPath, storedOnS3 } from "../flags/log-on-s3.js";
import { connectAs } from "../flags/server-flags.js";
import {
  chosenShard,
  failuresCount,
  placeOfLog,
  saysNothingToDo,
  serversOfShard,
} from "../flags/shard-flag.js";
import { addTimeFlags, chosenTimes, formatOf, gateFlag, type TimeFlags } from "../flags/table-flags.js";
import { flag } from "../flags/vocabulary.js";
import type { Console } from "../screen/console.js";
import { drawChart, requireWholeRun } from "../screen/drawn-chart.js";
import { gateFailed, rowsJson, sayGates } from "../screen/gates-screen.js";
import { progressBar } from "../screen/progress-bar.js";
import { gatePlanOfRuns } from "../screen/run-gates.js";
import { printTable } from "../screen/table-screen.js";
import { addColdAndWarmFlags, type ColdAndWarmFlags } from "./sweep-command.js";

interface PromptsFlags extends ColdAndWarmFlags, TimeFlags {
  readonly context_size: number;
  readonly prompts_file?: string;
  readonly language: "en" | "zh";
  readonly out: string;
}

/** `firsttoken prompts`: how much the cache saves for different questions after one context. */
export function promptsCommand(console: Console): Command {
  const command = new Command("prompts").description(
    "how the question changes what the cache saves: cold and warm TTFT by prompt",
  );
  addTimeFlags(addColdAndWarmFlags(command))
    .option(
      "--context_size <n>",
      "length of the context in tokens",
      wholeNumber(16, MOST_CONTEXT_TOKENS),
      4_000,
    )
    .option("--prompts_file <path>", 'a JSON file of { "kind": "prompt" } (default: five common kinds)')
    .addOption(new Option("--language <which>", "language of the table").choices(["en", "zh"]).default("en"))
    .addOption(flag("out", { usual: "results/ttft/prompt_effect.jsonl" }))
    .addOption(gateFlag("prompts"))
    .addHelpText("after", "\nExample:\n  firsttoken prompts 8000 --context_size 4000 --runs 10")
    .action(async () => {
      const flags = command.opts<PromptsFlags>();
      const shard = chosenShard(flags, process.env, () => {});
      process.exitCode = await storedOnS3(flags.out, shard, console, (out) =>
        interruptible((signal) => prompts(console, { ...flags, out }, signal)),
      );
    });
  return command;
}

async function prompts({ out, err }: Console, flags: PromptsFlags, signal: AbortSignal): Promise<number> {
  const chosen = flags.prompts_file === undefined ? {} : { prompts: readPrompts(flags.prompts_file) };
  const format = formatOf(flags);
  const say = (note: string) => void err.write(`${note}\n`);
  const shard = chosenShard(flags, process.env, say);
  requireWholeRun(flags, shard !== undefined);
  requireJudgeable(flags.failIf, gatePlanOfRuns(flags.runs, null));
  const { log, ifExists } = placeOfLog(flags.out, flags, shard);
  requireLogWritable(log, ifExists);
  writesLog(log);
  const server = await connectAs(serversOfShard(flags, shard), { err }, signal);
  try {
    const rows = await measurePromptEffect({
      server,
      ...chosen,
      contextTokens: flags.context_size,
      runs: flags.runs,
      maxTokens: flags.max_tokens,
      firstToken: flags.first_token,
      seed: flags.seed,
      log: flags.out,
      ...ifLogExists(flags),
      ...(shard && { shard: { ...shard, ownServers: true } }),
      onProgress: progressBar(err, "Trials:"),
      onNote: say,
      signal,
    });
    if (saysNothingToDo(rows, shard, say)) return 0;
    const table = promptTable(rows, {
      ...{ language: flags.language, firstToken: flags.first_token },
      ...chosenTimes(flags),
    });
    printTable({ out, err }, table, format);
    const gates = sayGates({ err }, flags.failIf, () => promptSubjects(rows, flags.first_token));
    if (format === "json") out.write(rowsJson(table.rows, gates));
    await drawChart({ err }, flags, () =>
      promptChart(rows, { language: flags.language, firstToken: flags.first_token }),
    );
    err.write(`Log: ${shownPath(log)}\n`);
    return gateFailed(gates) || failuresCount(rows, shard, say) ? 1 : 0;
  } finally {
    server.close();
  }
}

function readPrompts(path: string): Readonly<Record<string, string>> {
  let prompts: unknown;
  try {
    prompts = JSON.parse(
      readWhole(path)
        .toString("utf8")
        .replace(/^\uFEFF/, ""),
    );
  } catch (cause) {
    throw new OptionError(
      "--prompts_file",
      `must be a readable JSON file (${(cause as Error).message})`,
      path,
    );
  }
  if (isPrompts(prompts)) return prompts;
  throw new OptionError("--prompts_file", 'must hold a JSON object such as { "kind": "prompt" }', path);
}

const isPrompts = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) &&
  Object.keys(value).length > 0 &&
  Object.values(value).every((prompt) => typeof prompt === "string" && prompt !== "");

import { Command, InvalidArgumentError, Option } from "commander";
import { loadDataset } from "../../datasets/load-dataset.js";
import { retrieveContexts } from "../../datasets/retrieval/retrieve.js";
import { OptionError } from "../../domain/errors/errors.js";
import { MOST_CONTEXT_TOKENS } from "../../domain/errors/options.js";
import type { Example } from "../../domain/records/example.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import { METHODS } from "../../domain/records/methods.js";
import { WORDINGS, type Wording } from "../../domain/records/words.js";
import { TOO_LONG, type TooLong } from "../../experiments/methods/context-fit.js";
import { FORMATS, type FormatChoice } from "../../experiments/methods/prompt-format.js";
import { measureQuality } from "../../experiments/methods/quality.js";
import { requireLogWritable } from "../../logs/files/writable.js";
import { METRIC_NAMES, type MetricName } from "../../metrics/scorers.js";
import { ANSWER_TAG } from "../../prompts/answer-tag.js";
import { qualitySubjects } from "../../report/gates/method-subjects.js";
import { aloneWithout, requireJudgeable } from "../../report/gates/planned-gates.js";
import { divergenceTable } from "../../report/methods/divergence-table.js";
import { qualityTable } from "../../report/methods/quality-table.js";
import { qualityOverview } from "../../report/page/kind-chart.js";
import { interruptible, writesLog } from "../ending/interruption.js";
import { share, someText, wholeNumber, wholeNumbers } from "../flags/flags.js";
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
import { closingLines } from "../screen/quality-closing.js";
import { gatePlanOfRuns } from "../screen/run-gates.js";
import { printTable } from "../screen/table-screen.js";

interface QualityFlags extends MethodFlags, GateFlags, TimeFlags, ShardFlag, OutputFlags {
  readonly dataset: string;
  readonly samples?: number;
  readonly documents?: string;
  readonly retrieve?: number;
  readonly chunk_tokens?: number;
  readonly needle_lengths?: number[];
  readonly needle_depths?: number[];
  readonly needles?: number;
  readonly metric?: MetricName;
  readonly wording: Wording;
  readonly prompt_format: FormatChoice;
  readonly too_long: TooLong;
  readonly answer_tag?: string;
  readonly max_tokens?: number;
  readonly divergence?: true;
  readonly concurrency: number;
  readonly show_ttft?: true;
  readonly first_token: FirstToken;
  readonly margin: number;
  readonly aa: boolean;
  readonly out: string;
}

/** Reads the name of a tag, for a flag. */
function tagName(value: string): string {
  if (ANSWER_TAG.test(value)) return value;
  throw new InvalidArgumentError("It must be a name of letters, digits, - and _, such as answer.");
}

/** `firsttoken quality`: what the methods cost in answer quality, compared example by example. */
export function qualityCommand(console: Console): Command {
  const command = new Command("quality").description(
    "what the methods cost in answer quality, example by example",
  );
  addOutputFlags(addShardFlag(addTimeFlags(addMethodFlags(command))), {
    also: "quality against TTFT, or against the recompute ratio where there are several",
  })
    .addOption(flag("dataset", { usual: "2wikimqa" }))
    .addOption(flag("samples", { usually: "all; 100 of a made dataset" }))
    .option(
      "--documents <path>",
      "your own documents (a folder, a text or a JSONL file): questions get the chunks that BM25 finds in them, not the dataset's passages",
      someText,
    )
    .option("--retrieve <n>", "chunks per question (default: 6; with --documents)", wholeNumber(1, 100))
    .option(
      "--chunk_tokens <n>",
      "maximum tokens per chunk (default: 512; with --documents)",
      wholeNumber(32, 8_192),
    )
    .option(
      "--needle_lengths <list>",
      "context lengths of needle, in tokens (default: 1000,2000,4000)",
      wholeNumbers(200, MOST_CONTEXT_TOKENS),
    )
    .option(
      "--needle_depths <list>",
      "position of the needle, in percent (default: 0,25,50,75,100)",
      wholeNumbers(0, 100),
    )
    .option(
      "--needles <n>",
      "needles per context of needle, one of which is asked for (default: 1)",
      wholeNumber(1, 32),
    )
    .addOption(
      new Option(
        "--metric <name>",
        "default: token_f1 for questions, string_match for needle, rougeL for summaries (bare: set_f1, exact_match, rougeL_stemmed)",
      ).choices(METRIC_NAMES),
    )
    .addOption(
      new Option(
        "--wording <whose>",
        "prompt template; bare: the context, a blank line and the question, or Summarize:",
      )
        .choices(WORDINGS)
        .default("plain"),
    )
    .addOption(
      new Option(
        "--prompt_format <how>",
        "chat: one user message in the model's template; completions: a bare prompt; auto: chat where the server has a " +
          "template and the methods' chunks can be kept apart in it (cacheblend, bare and LongBench's dialogues stay bare)",
      )
        .choices(FORMATS)
        .default("auto"),
    )
    .addOption(flag("max_tokens", { usually: "the task's; bare: 100" }))
    .option(
      "--answer_tag <name>",
      "ask for the answer in a tag, such as answer for <answer>…</answer>, and score only that; for models that think " +
        "first (then --max_tokens is 1024 by default)",
      tagName,
    )
    .addOption(
      new Option(
        "--too_long <what>",
        "prompts longer than the model's context. cut: from the middle, as the wording's authors do (longbench: tokens; " +
          "the others: whole chunks); skip: leave the example out",
      )
        .choices(TOO_LONG)
        .default("cut"),
    )
    .option(
      "--divergence",
      "also measure the divergence from full prefill, in extra requests that force its answer and the reference: KL, the share " +
        "of equal top tokens, and the reference's loss",
    )
    .option(
      "--concurrency <n>",
      "concurrent examples; above 1 they wait for each other, and the table has no TTFT",
      wholeNumber(1),
      1,
    )
    .addOption(flag("show_ttft"))
    .addOption(firstTokenFlag())
    .option(
      "--margin <n>",
      "margin of non-inferiority: the largest loss of score that still counts as no worse",
      share,
      0.02,
    )
    .option("--no-aa", "skip the baseline's second run, which shows the noise floor")
    .addOption(flag("out", { usual: "results/quality/quality.jsonl" }))
    .addOption(gateFlag("quality"))
    .addHelpText(
      "after",
      "\nExamples:\n  firsttoken serve --model tiny &\n  firsttoken quality 8000 --dataset multihop --samples 100\n" +
        "  firsttoken quality 8000 --dataset samsum --methods full,prefix \\\n" +
        "    --wording longbench --prompt_format completions --too_long skip",
    )
    .action(async () => {
      const flags = command.opts<QualityFlags>();
      const shard = chosenShard(flags, process.env, () => {});
      process.exitCode = await storedOnS3(flags.out, shard, console, (out) =>
        interruptible((signal) => runQuality(console, { ...flags, out }, signal)),
      );
    });
  return command;
}

async function runQuality({ out, err }: Console, flags: QualityFlags, signal: AbortSignal): Promise<number> {
  const form = formatOf(flags);
  const say = (note: string) => void err.write(`${note}\n`);
  const shard = chosenShard(flags, process.env, say);
  const { log, ifExists } = placeOfLog(flags.out, flags, shard);
  requireWholeRun(flags, shard !== undefined);
  requireLogWritable(log, ifExists);
  writesLog(log);
  let about = {};
  const loaded = await loadDataset(flags.dataset, {
    onReading: ({ items, leftOut }) => (about = { dataset_items: items, left_out_items: leftOut }),
    ...(flags.samples !== undefined && { samples: flags.samples }),
    seed: flags.seed,
    needle: {
      ...(flags.needle_lengths !== undefined && { contextTokens: flags.needle_lengths }),
      ...(flags.needle_depths !== undefined && { depths: flags.needle_depths }),
      ...(flags.needles !== undefined && { needles: flags.needles }),
    },
  });
  const dataset = await withDocuments(loaded, flags);
  requireJudgeable(
    flags.failIf,
    gatePlanOfRuns(dataset.length, aloneWithout(flags.methods, flags.aa), "the examples of --dataset"),
  );
  const { methods, close } = await chooseMethods(serversOfShard(flags, shard), { err }, signal);
  try {
    const { title } = METHODS.full_prefill;
    const baseline = methods[title];
    const rows = await measureQuality({
      dataset,
      methods: flags.aa && baseline !== undefined ? { ...methods, [`${title} (again)`]: baseline } : methods,
      ...(flags.metric !== undefined && { metric: flags.metric }),
      wording: flags.wording,
      format: flags.prompt_format,
      tooLong: flags.too_long,
      ...(flags.answer_tag !== undefined && { answerTag: flags.answer_tag }),
      ...(flags.max_tokens !== undefined && { maxTokens: flags.max_tokens }),
      divergence: flags.divergence ?? false,
      concurrency: flags.concurrency,
      firstToken: flags.first_token,
      seed: flags.seed,
      about,
      log: flags.out,
      ...ifLogExists(flags),
      ...(shard && { shard: { ...shard, ownServers: true } }),
      onProgress: progressBar(err, "Examples:"),
      signal,
    });
    if (saysNothingToDo(rows, shard, say)) return 0;
    const counting = {
      margin: flags.margin,
      firstToken: flags.first_token,
      showTtft: flags.show_ttft ?? false,
    };
    const table = qualityTable(rows, { ...counting, ...chosenTimes(flags) });
    if (form === "text" && flags.wording === "bare") out.write(`${closingLines(table.rows)}\n`);
    printTable({ out, err }, table, form);
    if (flags.divergence && form === "csv")
      err.write(
        "The table of divergence is in `firsttoken report`, and in --format text, markdown and latex.\n",
      );
    else if (flags.divergence && form !== "json") {
      out.write("\n");
      printTable({ out, err }, divergenceTable(rows), form);
    }
    const gates = sayGates({ err }, flags.failIf, () => qualitySubjects(rows, counting));
    if (form === "json") out.write(rowsJson(table.rows, gates));
    err.write(`Log: ${shownPath(log)}\n`);
    await drawChart({ err }, flags, () => qualityOverview(rows, counting));
    return gateFailed(gates) || failuresCount(rows, shard, say) ? 1 : 0;
  } finally {
    close();
  }
}

/** The examples with chunks of the user's documents in place of their passages, where there are documents. */
async function withDocuments(
  examples: readonly Example[],
  { documents, retrieve, chunk_tokens }: QualityFlags,
): Promise<readonly Example[]> {
  if (documents !== undefined) {
    return retrieveContexts(examples, {
      documents,
      ...(retrieve !== undefined && { retrieve }),
      ...(chunk_tokens !== undefined && { chunkTokens: chunk_tokens }),
    });
  }
  for (const [flag, value] of Object.entries({ retrieve, chunk_tokens })) {
    if (value !== undefined)
      throw new OptionError(`--${flag}`, "needs --documents, the documents to search", value);
  }
  return examples;
}

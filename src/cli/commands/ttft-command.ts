import { randomUUID } from "node:crypto";
import { Command, Option } from "commander";
import type { Server } from "../../client/server.js";
import { MOST_REPEATED } from "../../domain/errors/options.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { pause } from "../../domain/waiting.js";
import { openExperimentLog } from "../../experiments/experiment-log.js";
import type { FlushMethod } from "../../experiments/ttft/flush.js";
import { contextBudget, runTtft } from "../../experiments/ttft/ttft-run.js";
import { requireLogWritable } from "../../logs/files/writable.js";
import { parseTtftRecord } from "../../logs/records/record-lines.js";
import { BUNDLED_DOCUMENT, cutDocument, fillWithDocument, readDocument } from "../../prompts/document.js";
import { filler, fillerText, sampleText } from "../../prompts/filler.js";
import { type Random, random } from "../../stats/random.js";
import { interruptible, writesLog } from "../ending/interruption.js";
import { seconds, wholeNumber } from "../flags/flags.js";
import { addServerFlags, connectAs, type ServerFlags } from "../flags/server-flags.js";
import {
  addOutputFlags,
  formatOf,
  type GateFlags,
  gateFlag,
  type OutputFlags,
} from "../flags/table-flags.js";
import { firstTokenFlag, flag } from "../flags/vocabulary.js";
import { type Console, colour } from "../screen/console.js";
import { ttftConsole } from "../screen/ttft-console.js";

interface TtftFlags extends ServerFlags, GateFlags, OutputFlags {
  /** True for the flag alone. */
  readonly context_file?: string | true;
  readonly max_ctx_tokens: number;
  readonly prompt: string;
  readonly num_following: number;
  readonly flush_cache?: true;
  readonly flush_method: FlushMethod;
  readonly out: string;
  readonly max_tokens: number;
  readonly safety_margin: number;
  readonly gap_seconds: number;
  readonly warm_ups: number;
  readonly first_token: FirstToken;
}

/** A context that takes long enough for a word beforehand, and for two short requests to tell it by. */
const LONG_TOKENS = 8_192;

/** `firsttoken ttft [PORT]`: the original's command, with its flags, defaults and console lines. */
export function ttftCommand(console: Console): Command {
  const command = new Command("ttft").description(
    "TTFT of one document: a first request, then the same request again",
  );
  addOutputFlags(addServerFlags(command))
    .option(
      "-C, --context_file [path]",
      "a document; without a path: the bundled guide to ffmpeg; omitted: synthetic filler",
    )
    .option("--max_ctx_tokens <n>", "keep at most this many tokens of the document", wholeNumber(1), 131_072)
    .addOption(flag("prompt", { usual: "Summarize this text" }))
    .option("--num_following <n>", "measured requests after the first", wholeNumber(0, MOST_REPEATED), 1)
    .option("-F, --flush_cache", "flush the server's KV cache once, after run 1")
    .addOption(
      new Option("--flush_method <how>", "how to flush").choices(["auto", "reset", "filler"]).default("auto"),
    )
    .addOption(
      flag("out", {
        usual: "benchmark.jsonl",
        also: "an existing one is replaced when the first request is done",
      }),
    )
    .addOption(flag("max_tokens", { usual: 1_024 }))
    .option("--safety_margin <n>", "tokens kept free below the model's limit", wholeNumber(0), 2_048)
    .option("--gap_seconds <n>", "pause between following requests", seconds, 5)
    .addOption(flag("warm_ups", { usual: 2 }))
    .addOption(firstTokenFlag())
    .addOption(gateFlag("ttft"))
    .addHelpText(
      "after",
      "\nExample:\n  firsttoken ttft 8000 -C --num_following 3 --out vllm.jsonl\n" +
        "  # four requests on the bundled document to http://localhost:8000/v1\n" +
        "  firsttoken ttft --api_base https://api.example.com/v1 --api_key @key.txt",
    )
    .action(async () => {
      const flags = command.opts<TtftFlags>();
      const asked = command.getOptionValueSource("max_ctx_tokens") === "cli";
      const { storedOnS3 } = await import("../flags/log-on-s3.js");
      process.exitCode = await storedOnS3(flags.out, undefined, console, (out) =>
        interruptible((signal) => ttft(console, { ...flags, out }, asked, signal)),
      );
    });
  return command;
}

async function ttft(
  console: Console,
  flags: TtftFlags,
  lengthAsked: boolean,
  signal: AbortSignal,
): Promise<number> {
  const format = formatOf(flags);
  const document = documentOf(flags);
  // Loaded before the run, so that nothing can be missing after it.
  const tables =
    flags.chart !== undefined || format !== "text" ? await import("../screen/ttft-output.js") : null;
  const gates = flags.failIf && (await import("../screen/ttft-gates.js"));
  gates?.requireTtftGates(flags.failIf, flags.num_following);
  requireLogWritable(flags.out, { overwrite: true });
  // This command can't resume a log.
  writesLog(flags.out, "");
  const server = await connectAs(flags, console, signal);
  const { profile } = await server.recognise();
  const nonce = randomUUID();
  const stream = random(nonce);
  const context = await chooseContext(
    console,
    server,
    { flags, document, lengthAsked },
    stream.fork("context"),
    signal,
  );
  const log = await openExperimentLog(
    { log: flags.out, resume: false, overwrite: true },
    {
      servers: [server],
      parse: parseTtftRecord,
      seed: null,
      plan: null,
      options: {
        ...flags,
        ...(flags.header && { header: Object.keys(flags.header) }),
        ...(flags.failIf && { failIf: flags.failIf.map(({ text }) => text) }),
        context: context.name,
        document_nonce: nonce,
      },
    },
  );
  const records: TtftRecord[] = [];
  // In another form than text the standard output is the table alone.
  const lines: Console = format === "text" ? console : { out: console.err, err: console.err };
  const screen = ttftConsole(lines, profile.name, flags.first_token);
  try {
    if (flags.warm_ups > 0 && context.tokens >= LONG_TOKENS) {
      const { sayForecast } = await import("../screen/ttft-forecast.js");
      await sayForecast(console, server, { limits: flags, tokens: context.tokens }, stream, signal);
    }
    await runTtft({
      server,
      document: context.text,
      contextTokens: context.tokens,
      prompt: flags.prompt,
      following: flags.num_following,
      flush: flags.flush_cache ? flags.flush_method : null,
      maxTokens: flags.max_tokens,
      warmUps: flags.warm_ups,
      gapSeconds: flags.gap_seconds,
      random: stream,
      record: (record) => {
        log.append(record);
        records.push(record);
      },
      observer: screen,
      sleep: (gap) => pause(gap, signal),
      signal,
    });
  } finally {
    screen.stop();
    log.close();
    server.close();
  }
  if (records.length > 0) {
    const { ttftClosing } = await import("../screen/ttft-closing.js");
    lines.out.write(ttftClosing(records, flags.first_token, lines.out));
  }
  const failed = gates?.ttftGatesFail(console, flags.failIf, records, flags.first_token) ?? false;
  await tables?.ttftOutput(console, { ...flags, format }, records);
  const { shownPath } = await import("../flags/log-on-s3.js");
  console.err.write(`Log: ${shownPath(flags.out)}\n`);
  return failed || records.some(({ outcome }) => outcome !== "ok") ? 1 : 0;
}

/** A document that was asked for. */
interface Document {
  readonly name: string;
  readonly text: string;
  readonly isBundled: boolean;
}

/** The document the flags ask for; null for synthetic filler. */
function documentOf({ context_file }: TtftFlags): Document | null {
  if (context_file === undefined) return null;
  const isBundled = context_file === true || context_file === "";
  const path = isBundled ? BUNDLED_DOCUMENT : context_file;
  return { name: isBundled ? "the bundled guide to ffmpeg" : path, text: readDocument(path), isBundled };
}

interface Context {
  readonly name: string;
  readonly text: string;
  readonly tokens: number;
}

/** The document the flags ask for, cut to the budget; says on stderr what was chosen and who counted. */
async function chooseContext(
  { err }: Console,
  server: Server,
  { flags, document, lengthAsked }: { flags: TtftFlags; document: Document | null; lengthAsked: boolean },
  stream: Random,
  signal: AbortSignal,
): Promise<Context> {
  const budget = contextBudget({
    maxTokens: flags.max_ctx_tokens,
    limit: server.contextLimit?.tokens ?? null,
    marginTokens: flags.safety_margin,
  });
  const say = (text: string) => err.write(`${colour(err, 2, text)}\n`);
  if (flags.warm_ups > 0) {
    // Loaded here, because help and errors of usage count no tokens.
    const { correctCounter } = await import("../../experiments/correct-counter.js");
    const words = stream.fork("tokens");
    const sample = (characters: number) =>
      document === null ? fillerText(words, characters) : sampleText(words, document.text, characters);
    await correctCounter(server, sample, signal);
  }
  const counted = (tokens: number) =>
    `${server.tokens.exact ? "" : "about "}${tokens.toLocaleString("en-US")} tokens`;
  say(
    `Server: ${server.url}, model ${server.model}; tokens counted by ${server.tokens.name}${
      server.tokens.exact ? "" : " (an estimate)"
    }.`,
  );
  if (document === null) {
    const text = await filler(stream, server.tokens, budget);
    const tokens = await server.tokens.count(text);
    say(`Context: synthetic filler, ${counted(tokens)}.`);
    return { name: "synthetic filler", text, tokens };
  }
  const { name, isBundled } = document;
  const fitTo = isBundled && lengthAsked ? fillWithDocument : cutDocument;
  const fitted = await fitTo(document.text, server.tokens, budget);
  const repeated = fitted.repeats > 1 ? `, repeated ${fitted.repeats} times under numbered headings` : "";
  const cut = fitted.truncated ? ", cut to fit" : "";
  say(`Context: ${name}, ${counted(fitted.tokens)}${repeated}${cut}.`);
  return { name, ...fitted };
}

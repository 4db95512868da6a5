import { Command, Option } from "commander";
import { OptionError } from "../domain/errors.js";
import { measureProxyOverhead } from "../experiments/proxy-overhead.js";
import { refuseExisting } from "../logs/run-log.js";
import { gitRevision } from "../proxies/git-revision.js";
import type { Console } from "./console.js";
import { addLogFlags, logFate, milliseconds, rates, seconds, wholeNumber, wholeNumbers } from "./flags.js";
import { interruptible } from "./interruption.js";
import { progressBar } from "./progress-bar.js";
import { printProxyReport } from "./proxy-report.js";
import { withProvider, withProxy } from "./proxy-servers.js";

/** The flags of LiteLLM's benchmark script, and this command's own. */
export interface ProxyFlags {
  readonly label: string;
  readonly litellmDir: string;
  readonly proxyCommand: string;
  readonly proxyHost: string;
  readonly proxyPort: number;
  readonly providerHost: string;
  readonly providerPort: number;
  readonly apiKey: string;
  readonly requests: number;
  readonly concurrency: number[];
  readonly streamRequests: number;
  readonly streamConcurrency: number[];
  readonly warmup: number;
  readonly streamWarmup: number;
  readonly timeout: number;
  readonly proxyStartTimeout: number;
  /** In seconds. */
  readonly providerFirstTokenDelayMs: number;
  readonly providerStreamContentChunks: number;
  readonly measureFullStream: boolean;
  readonly repeats: number;
  readonly startProxy: boolean;
  readonly providerUrl?: string;
  readonly outputJson?: string;
  readonly proxyUrl?: string;
  readonly providerKey: string;
  /** In seconds. */
  readonly providerChunkGapMs: number;
  readonly model: string;
  readonly rate?: number[];
  readonly arrivals?: "constant" | "poisson";
  readonly blocks?: number;
  readonly threads: number;
  readonly seed: number;
  readonly out?: string;
  readonly resume?: true;
  readonly overwrite?: true;
  readonly json?: true;
}

/** `firsttoken proxy`: LiteLLM's benchmark script with its flags, defaults and lines, and what it lacks. */
export function proxyCommand(console: Console): Command {
  const command = new Command("proxy").description(
    "what a proxy (LiteLLM) adds to a provider's latency and takes from its throughput",
  );
  addSeedFlags(command);
  addOwnFlags(command);
  return command
    .addHelpText(
      "after",
      "\nDirect and proxied loads alternate in blocks. Each block of a closed loop begins and ends with as many requests " +
        "as are\nunder way at once, which are not counted: they keep the loop full. TTFT and whole streams are measured on " +
        "the same\nstreams, read to their end." +
        "\n\nExamples:\n  firsttoken proxy --litellm-dir ~/litellm                      # starts LiteLLM in front of a mock provider" +
        "\n  firsttoken proxy --proxy-command ./venv/bin/litellm --concurrency 1,16,64,256" +
        "\n  firsttoken proxy --provider-url http://localhost:8000 --proxy-url http://localhost:4000 --model llama-3",
    )
    .action(async () => {
      const flags = command.opts<ProxyFlags>();
      process.exitCode = await interruptible((signal) => proxy(console, flags, signal));
    });
}

function addSeedFlags(command: Command): void {
  command
    .option("--label <name>", "what this run is called", "current")
    .option("--litellm-dir <folder>", "the checkout to start the proxy in", process.cwd())
    .option("--proxy-command <command>", "starts the proxy; gets --config and --port", "uv run litellm")
    .option("--proxy-host <host>", "where the proxy listens", "127.0.0.1")
    .option("--proxy-port <n>", "and on which port", wholeNumber(1), 4_000)
    .option("--provider-host <host>", "where the mock provider listens", "127.0.0.1")
    .option("--provider-port <n>", "and on which port; 0 takes a free one", wholeNumber(0), 8_099)
    .option("--api-key <key>", "the proxy's key; in no log", "sk-1234")
    .option("--requests <n>", "whole answers asked of each of the two", wholeNumber(1), 500)
    .addOption(
      new Option("--concurrency <list>", "under way at once; several with commas are a sweep")
        .argParser(wholeNumbers(1, 1_024))
        .default([100], "100"),
    )
    .option("--stream-requests <n>", "streams asked of each of the two", wholeNumber(1), 200)
    .addOption(
      new Option("--stream-concurrency <list>", "streams under way at once")
        .argParser(wholeNumbers(1, 1_024))
        .default([20], "20"),
    )
    .option("--warmup <n>", "requests sent first and not counted", wholeNumber(0), 100)
    .option("--stream-warmup <n>", "streams sent first and not counted", wholeNumber(0), 20)
    .option("--timeout <n>", "seconds to a request's last byte", seconds, 30)
    .option("--proxy-start-timeout <n>", "seconds until the proxy must answer", seconds, 90)
    .addOption(
      new Option("--provider-first-token-delay-ms <n>", "the mock's delay before the first token")
        .argParser(milliseconds)
        .default(0),
    )
    .option("--provider-stream-content-chunks <n>", "chunks of a mock stream", wholeNumber(1), 20)
    .option("--measure-full-stream", "report whole streams too (the default)", true)
    .option("--no-measure-full-stream", "leave whole streams out of the summary")
    .option("--repeats <n>", "run the whole suite so often; the median run is reported", wholeNumber(1), 1)
    .option("--no-start-proxy", "measure the proxy that runs at --proxy-host and --proxy-port")
    .option("--provider-url <url>", "a running provider instead of the mock")
    .option("--output-json <path>", "write the results as JSON");
}

function addOwnFlags(command: Command): void {
  command
    .option("--proxy-url <url>", "a running proxy of any kind, instead of starting one")
    .option("--provider-key <key>", "the provider's key; in no log", "fake-provider-key")
    .addOption(
      new Option("--provider-chunk-gap-ms <n>", "between a mock stream's chunks; from 1 on, held chunks show")
        .argParser(milliseconds)
        .default(0),
    )
    .option("--model <id>", "the model to ask for", "perf-test-model")
    .addOption(
      new Option("--rate <list>", "start so many requests a second, whatever is still under way")
        .argParser(rates)
        .conflicts(["concurrency", "streamConcurrency"]),
    )
    .addOption(
      new Option("--arrivals <how>", "how a rate's starts are spaced (default: poisson)").choices([
        "constant",
        "poisson",
      ]),
    )
    .option("--blocks <n>", "alternations of direct and proxied (default: 10, or 6)", wholeNumber(1))
    .option("--threads <n>", "worker threads of the client; 0 uses the main one", wholeNumber(0), 1)
    .option("--seed <n>", "orders the loads and draws the arrivals", wholeNumber(0), 1)
    .option("--out <path>", "the JSONL log (default: results/proxy/<label>.jsonl)")
    .option("--json", "print the results as JSON");
  addLogFlags(command);
}

async function proxy(console: Console, flags: ProxyFlags, signal: AbortSignal): Promise<number> {
  const out = flags.out ?? `results/proxy/${flags.label.replace(/[^\w.-]+/g, "_")}.jsonl`;
  refuseExisting(out, logFate(flags));
  const drive = driveOf(flags);
  const revision = await gitRevision(flags.litellmDir);
  return withProvider(flags, (provider) =>
    withProxy(flags, provider, out, signal, console, async (started) => {
      const rows = await measureProxyOverhead({
        direct: provider.target,
        through: { [flags.label]: { url: started.url, apiKey: flags.apiKey } },
        model: flags.model,
        requests: flags.requests,
        streamRequests: flags.streamRequests,
        warmUps: flags.warmup,
        streamWarmUps: flags.streamWarmup,
        repeats: flags.repeats,
        ...(flags.blocks !== undefined && { blocks: flags.blocks }),
        ...drive,
        timeoutSeconds: flags.timeout,
        threads: flags.threads,
        seed: flags.seed,
        about: { revision, proxy_command: started.command, mock: provider.mock },
        log: out,
        ...logFate(flags),
        onProgress: progressBar(console.err, "Pairs of blocks:"),
        signal: started.signal,
      });
      printProxyReport(console, flags, rows, { revision, out, proxyLog: started.logPath });
      return rows.some(({ outcome }) => outcome !== "ok") ? 1 : 0;
    }),
  );
}

function driveOf({ rate, arrivals, concurrency, streamConcurrency }: ProxyFlags) {
  if (rate !== undefined) return { ratePerSecond: rate, ...(arrivals && { arrivals }) };
  if (arrivals !== undefined) throw new OptionError("arrivals", "needs --rate", arrivals);
  return { concurrency, streamConcurrency };
}

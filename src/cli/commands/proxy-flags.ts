import { type Command, Option } from "commander";
import { MOST_REQUESTS } from "../../domain/errors/options.js";
import {
  apiAddress,
  LAST_PORT,
  milliseconds,
  someSeconds,
  someText,
  wholeNumber,
  wholeNumbers,
} from "../flags/flags.js";
import { KEY_FORMS, keyReader } from "../flags/key-sources.js";
import { addLogFlags } from "../flags/log-flags.js";
import { addRequestFlags, type RequestFlags } from "../flags/server-flags.js";
import {
  addOutputFlags,
  type GateFlags,
  gateFlag,
  type OutputFlags,
  percentilesFlag,
  type TimeFlags,
} from "../flags/table-flags.js";
import { flag } from "../flags/vocabulary.js";

/** The flags of LiteLLM's benchmark script, and this command's own. */
export interface ProxyFlags extends RequestFlags, GateFlags, OutputFlags, Pick<TimeFlags, "percentiles"> {
  readonly label: string;
  readonly litellmDir?: string;
  readonly proxyCommand: string;
  readonly proxyHost: string;
  readonly proxyPort: number;
  readonly providerHost: string;
  readonly providerPort: number;
  readonly apiKey?: string;
  readonly requests: number;
  readonly concurrency: number[];
  readonly streamRequests: number;
  readonly streamConcurrency: number[];
  readonly warmup: number;
  readonly streamWarmup: number;
  readonly timeoutSeconds: number;
  readonly idleTimeoutSeconds?: number;
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
  readonly providerKey?: string;
  /** In seconds. */
  readonly providerChunkGapMs: number;
  readonly model: string;
  readonly rates?: number[];
  readonly arrivals?: "constant" | "poisson";
  readonly blocks?: number;
  readonly threads: number;
  readonly seed: number;
  readonly out?: string;
  readonly resume?: true;
  readonly overwrite?: true;
}

/** Starts LiteLLM from the checkout it stands in. */
export const CHECKOUT_COMMAND = "uv run litellm";

/** Adds {@link ProxyFlags} to a command. */
export function addProxyFlags(command: Command): Command {
  const readKey = keyReader();
  addSeedFlags(command, readKey);
  addOwnFlags(command, readKey);
  return addOutputFlags(addLogFlags(addRequestFlags(command)));
}

function addSeedFlags(command: Command, readKey: (value: string) => string): void {
  command
    .option("--label <name>", "label of this run", someText, "current")
    .option("--litellm-dir <folder>", "LiteLLM checkout to start the proxy in (default: the current folder)")
    .option(
      "--proxy-command <command>",
      "command that starts the proxy; --config and --port are appended",
      CHECKOUT_COMMAND,
    )
    .option("--proxy-host <host>", "host that the proxy listens on", "127.0.0.1")
    .option("--proxy-port <n>", "port that the proxy listens on", wholeNumber(1, LAST_PORT), 4_000)
    .option("--provider-host <host>", "host that the mock provider listens on", "127.0.0.1")
    .option(
      "--provider-port <n>",
      "port of the mock provider; 0 takes a free one",
      wholeNumber(0, LAST_PORT),
      8_099,
    )
    .option(
      "--api-key <key>",
      `the proxy's key, never logged: ${KEY_FORMS} (default: the environment's FIRSTTOKEN_API_KEY, for a running proxy ` +
        "then its OPENAI_API_KEY, else sk-1234; one that is started gets a random one)",
      readKey,
    )
    .addOption(flag("requests", { usual: 500, also: "for whole answers" }))
    .addOption(
      new Option("--concurrency <list>", "concurrent requests; a comma-separated list is a sweep")
        .argParser(wholeNumbers(1, 1_024))
        .default([100], "100"),
    )
    .option(
      "--stream-requests <n>",
      "requests for streams, directly and through the proxy each",
      wholeNumber(1, MOST_REQUESTS),
      200,
    )
    .addOption(
      new Option("--stream-concurrency <list>", "concurrent streams")
        .argParser(wholeNumbers(1, 1_024))
        .default([20], "20"),
    )
    .addOption(flag("warm_ups", { usual: 100, spelt: "--warmup" }))
    .option("--stream-warmup <n>", "streams sent first and not counted", wholeNumber(0), 20)
    .addOption(flag("timeout_seconds", { usual: 30, spelt: "--timeout, --timeout-seconds" }))
    .option("--proxy-start-timeout <n>", "seconds to wait until the proxy answers", someSeconds, 90)
    .addOption(
      new Option("--provider-first-token-delay-ms <n>", "the mock's delay before the first token")
        .argParser(milliseconds)
        .default(0),
    )
    .option("--provider-stream-content-chunks <n>", "chunks of a mock stream", wholeNumber(1), 20)
    .option("--measure-full-stream", "report whole streams too (the default)", true)
    .option("--no-measure-full-stream", "leave whole streams out of the summary")
    .addOption(flag("repeats", { usual: 1, also: "the median run is reported" }))
    .option("--no-start-proxy", "measure the proxy that runs at --proxy-host and --proxy-port")
    .addOption(flag("provider_url", { usually: "a mock", spelt: "--provider-url" }))
    .option("--output-json <path>", "write the results as JSON");
}

function addOwnFlags(command: Command, readKey: (value: string) => string): void {
  command
    .option("--proxy-url <url>", "a running proxy of any kind, instead of starting one", apiAddress)
    .option(
      "--provider-key <key>",
      `the provider's key, never logged: ${KEY_FORMS} (default: the environment's FIRSTTOKEN_PROVIDER_KEY, with --provider-url ` +
        "then its OPENAI_API_KEY, else fake-provider-key)",
      readKey,
    )
    .addOption(
      new Option(
        "--provider-chunk-gap-ms <n>",
        "the mock's delay between chunks; from 1 on, coalesced chunks show",
      )
        .argParser(milliseconds)
        .default(0),
    )
    .option("--model <id>", "the model to ask for", someText, "perf-test-model")
    .addOption(
      flag("rates", { also: "sent however many are still running" }).conflicts([
        "concurrency",
        "streamConcurrency",
      ]),
    )
    .addOption(flag("arrivals", { usually: "poisson" }).choices(["constant", "poisson"]))
    .addOption(flag("blocks", { usually: "10, or 6" }))
    .addOption(flag("idle_timeout_seconds", { usually: "only --timeout", spelt: "--idle-timeout-seconds" }))
    .option("--threads <n>", "worker threads of the client; 0 uses the main one", wholeNumber(0, 64), 1)
    .addOption(flag("seed", { usual: 1 }))
    .addOption(flag("out", { usually: "results/proxy/<label>.jsonl" }))
    .addOption(percentilesFlag("the latency (default: 50,95,99)"))
    .addOption(gateFlag("proxy"));
}

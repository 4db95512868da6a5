import { statSync } from "node:fs";
import { Command } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { largest } from "../../domain/extremes.js";
import { measureProxyOverhead } from "../../experiments/proxy/proxy-overhead.js";
import { requireLogWritable, requireWritable } from "../../logs/files/writable.js";
import { gitRevision } from "../../proxies/litellm.js";
import { splitCommand } from "../../proxies/proxy-command.js";
import { requireJudgeable } from "../../report/gates/planned-gates.js";
import { interruptible, writesLog } from "../ending/interruption.js";
import { addPortArgument } from "../flags/flags.js";
import { ifLogExists } from "../flags/log-flags.js";
import { storedOnS3 } from "../flags/log-on-s3.js";
import { formatOf } from "../flags/table-flags.js";
import type { Console } from "../screen/console.js";
import { progressBar } from "../screen/progress-bar.js";
import { gatePlanOfProxy } from "../screen/proxy-gates.js";
import { addProxyFlags, CHECKOUT_COMMAND, type ProxyFlags } from "./proxy-flags.js";
import { type KeyedProxyFlags, withKeys } from "./proxy-keys.js";
import { printProxyReport } from "./proxy-report.js";
import { withProvider, withProxy } from "./proxy-servers.js";

/** `firsttoken proxy`: LiteLLM's benchmark script with its flags, defaults and lines, and what it lacks. */
export function proxyCommand(console: Console): Command {
  const command = new Command("proxy").description(
    "what a proxy (LiteLLM) adds to a provider's latency and takes from its throughput",
  );
  const withPort = addPortArgument(command, {
    ...{ flag: "proxy-url", shown: "http://localhost:PORT/v1", least: 1 },
    valueAt: (port) => `http://localhost:${port}/v1`,
  });
  return addProxyFlags(withPort)
    .addHelpText(
      "after",
      "\nDirect and proxied loads alternate in blocks. In a closed loop each block" +
        "\nbegins and ends with uncounted requests, as many as run at once, so that the" +
        "\nloop stays full. TTFT and whole streams are measured on the same streams, read" +
        "\nto their end." +
        "\n\nExamples:\n  firsttoken proxy --litellm-dir ~/litellm   # in front of a mock provider" +
        "\n  firsttoken proxy --proxy-command ./venv/bin/litellm --concurrency 1,16,64,256" +
        "\n  firsttoken proxy 4000 --provider-url 8000 --model llama-3   # both are running",
    )
    .action(async () => {
      const flags = withKeys(command.opts<ProxyFlags>(), console);
      const log = flags.out ?? `results/proxy/${flags.label.replace(/[^\w.-]+/g, "_")}.jsonl`;
      process.exitCode = await storedOnS3(log, undefined, console, (out) =>
        interruptible((signal) => proxy(console, { ...flags, out }, signal)),
      );
    });
}

async function proxy(
  console: Console,
  { out, ...flags }: KeyedProxyFlags & { readonly out: string },
  signal: AbortSignal,
): Promise<number> {
  const format = formatOf(flags);
  requireLogWritable(out, ifLogExists(flags));
  writesLog(out);
  if (flags.outputJson !== undefined) requireWritable(flags.outputJson, { overwrite: true });
  requireCommand(flags);
  requireJudgeable(flags.failIf, gatePlanOfProxy(flags));
  const level = levelOf(flags);
  // A proxy installed elsewhere has nothing to do with the repository in the current folder.
  const isCheckout =
    flags.startProxy && flags.proxyUrl === undefined && flags.proxyCommand === CHECKOUT_COMMAND;
  const checkout = flags.litellmDir ?? (isCheckout ? process.cwd() : null);
  const revision = checkout === null ? "unknown" : await gitRevision(checkout, signal);
  return withProvider(flags, signal, (provider) =>
    withProxy(flags, provider, out, signal, console, async (started) => {
      const busy: number[] = [];
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
        ...level,
        timeoutSeconds: flags.timeoutSeconds,
        ...(flags.idleTimeoutSeconds !== undefined && { idleTimeoutSeconds: flags.idleTimeoutSeconds }),
        ...(flags.body !== undefined && { body: flags.body }),
        ...(flags.header !== undefined && { headers: flags.header }),
        threads: flags.threads,
        seed: flags.seed,
        secrets: started.secrets,
        about: { revision, proxy_command: started.command, mock: provider.mock },
        log: out,
        ...ifLogExists(flags),
        onBlock: ({ provider: load }) => load !== null && busy.push(load.cpu),
        onNotice: (notice) => void console.err.write(`${notice}\n`),
        onProgress: progressBar(console.err, "Pairs of blocks:"),
        signal: started.signal,
      });
      const providerCpu = busy.length === 0 ? null : largest(busy);
      const facts = { revision, format, out, proxyLog: started.logPath, providerCpu };
      const { gateFailed } = await printProxyReport(console, flags, rows, facts);
      return gateFailed || rows.some(({ outcome }) => outcome !== "ok") ? 1 : 0;
    }),
  );
}

/** What starts a proxy is looked at before anything is started. */
function requireCommand({ proxyUrl, startProxy, proxyCommand, litellmDir }: ProxyFlags): void {
  if (proxyUrl !== undefined || !startProxy) return;
  splitCommand(proxyCommand);
  if (litellmDir === undefined || statSync(litellmDir, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new OptionError("--litellm-dir", "must be an existing folder", litellmDir);
}

function levelOf({ rates, arrivals, concurrency, streamConcurrency }: ProxyFlags) {
  if (rates !== undefined) return { ratePerSecond: rates, ...(arrivals && { arrivals }) };
  if (arrivals !== undefined) throw new OptionError("--arrivals", "needs --rates", arrivals);
  return { concurrency, streamConcurrency };
}

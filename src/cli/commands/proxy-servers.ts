import * as mock from "../../api/mock.js";
import { commandSecrets } from "../../domain/secrets/command-line.js";
import { sentSecrets, withoutKeys } from "../../domain/secrets/named-secrets.js";
import { redactor } from "../../domain/secrets/redactor.js";
import type { LoadTarget } from "../../experiments/load-target.js";
import { waitUntilHealthy } from "../../proxies/health.js";
import { litellmConfig } from "../../proxies/litellm.js";
import { splitCommand } from "../../proxies/proxy-command.js";
import { startProxy } from "../../proxies/start-proxy.js";
import { parseEndpoint } from "../../wire/endpoint.js";
import type { Console } from "../screen/console.js";
import type { KeyedProxyFlags } from "./proxy-keys.js";

/** The provider of a run, and how it answers where it is a mock. */
export interface Provider {
  readonly url: string;
  readonly target: LoadTarget;
  readonly mock: Readonly<Record<string, unknown>> | null;
}

/** The proxy of a run. */
export interface Proxy {
  readonly url: string;
  /** What it was started with; null where it was running. */
  readonly command: string | null;
  readonly logPath: string | null;
  /** What its command has of secrets. */
  readonly secrets: readonly string[];
  /** The run's own signal, which also ends when a proxy that was started does. */
  readonly signal: AbortSignal;
}

/** Runs `work` with the provider the flags ask for: a running one, or a mock that is closed afterwards. */
export async function withProvider<T>(
  flags: KeyedProxyFlags,
  signal: AbortSignal,
  work: (provider: Provider) => Promise<T>,
): Promise<T> {
  const apiKey = flags.providerKey;
  if (flags.providerUrl !== undefined) {
    const url = withVersion(flags.providerUrl);
    parseEndpoint(url, "providerUrl");
    return work({ url, target: { url, apiKey }, mock: null });
  }
  const options = {
    host: flags.providerHost,
    port: flags.providerPort,
    firstTokenDelaySeconds: flags.providerFirstTokenDelayMs,
    chunks: flags.providerStreamContentChunks,
    chunkGapSeconds: flags.providerChunkGapMs,
    stamps: true,
  };
  const provider = await mock.serve({ ...options, signal });
  try {
    const target = { url: provider.url, apiKey, load: () => provider.load() };
    return await work({ url: provider.url, target, mock: options });
  } finally {
    await provider.close();
  }
}

/** Runs `work` with the proxy the flags ask for: a running one, or LiteLLM, which is stopped afterwards. */
export async function withProxy<T>(
  flags: KeyedProxyFlags,
  provider: Provider,
  out: string,
  signal: AbortSignal,
  { err }: Console,
  work: (proxy: Proxy) => Promise<T>,
): Promise<T> {
  const { proxyHost: host, proxyPort: port, proxyStartTimeout: startTimeoutSeconds } = flags;
  if (flags.proxyUrl !== undefined || !flags.startProxy) {
    const url = withVersion(flags.proxyUrl ?? `http://${host}:${port}`);
    const { origin, rootPath } = parseEndpoint(url, "proxyUrl");
    const redact = redactor([flags.apiKey, ...sentSecrets(flags.header ?? {}, flags.header)]);
    await waitUntilHealthy(origin + rootPath, startTimeoutSeconds, signal, redact);
    return work({ url, command: null, logPath: null, secrets: [], signal });
  }
  const command = splitCommand(flags.proxyCommand);
  const logPath = `${out.replace(/\.jsonl$/, "")}.proxy.log`;
  const secrets = [flags.apiKey, flags.providerKey, ...commandSecrets(command)];
  const shownCommand = withoutKeys(redactor(secrets)(flags.proxyCommand));
  err.write(`Starting the proxy: ${shownCommand} (its log: ${logPath})\n`);
  const proxy = await startProxy({
    ...{
      command,
      folder: flags.litellmDir ?? process.cwd(),
      host,
      port,
      logPath,
      startTimeoutSeconds,
      signal,
    },
    config: litellmConfig({
      model: flags.model,
      providerUrl: provider.url,
      providerKey: flags.providerKey,
      apiKey: flags.apiKey,
    }),
    secrets,
  });
  try {
    return await work({
      ...{ url: `${proxy.origin}/v1`, command: shownCommand, logPath, secrets },
      signal: AbortSignal.any([signal, proxy.died]),
    });
  } finally {
    await proxy.stop();
  }
}

/**
 * The script's URLs have no `/v1`; both forms are understood. What has a version of its own, or Azure's deployment, is left
 * as it is; so is a query.
 *
 * @example withVersion("http://localhost:4000/") // "http://localhost:4000/v1"
 */
export function withVersion(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  const path = url.pathname.replace(/\/+$/, "");
  const isBase = /\/v\d|\/deployments\//.test(path);
  return `${text.slice(0, text.length - url.search.length - url.hash.length).replace(/\/+$/, "")}${isBase ? "" : "/v1"}${url.search}${url.hash}`;
}

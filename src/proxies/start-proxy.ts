import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { redactor } from "../client/secrets.js";
import { OptionError, ServerError } from "../domain/errors.js";
import { requireFreePort } from "./free-port.js";
import { waitUntilHealthy } from "./health.js";
import type { KeeperReport, KeeperTask } from "./keeper.js";

/** How to start a proxy that takes `--config` and `--port`, as LiteLLM does. */
export interface ProxyStart {
  readonly command: readonly string[];
  /** The folder it is started in. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** The text of its configuration file. */
  readonly config: string;
  /** What must not stand in its log or in an error. */
  readonly secrets: readonly string[];
  /** Where its log is kept. */
  readonly logPath: string;
  readonly startTimeoutSeconds: number;
  /** What it has to end when it is asked to, before it is killed; 10 by default. */
  readonly stopTimeoutSeconds?: number;
  readonly signal: AbortSignal;
}

/** A proxy that answers. */
export interface RunningProxy {
  /** Such as `http://127.0.0.1:4000`. */
  readonly origin: string;
  /** Aborted, with a ServerError that says why, when the proxy ends by itself. */
  readonly died: AbortSignal;
  /** Ends it with all of its process group, keeps its log, removes its configuration. */
  stop(): Promise<void>;
}

const LAST_LINES = 15;

/**
 * Starts a proxy and waits until it answers; a keeper process sees to it that nothing of it outlives this process.
 *
 * Its configuration, readable by its owner alone, lies in a temporary folder for as long as it runs.
 *
 * @throws OptionError when its port is taken; ServerError, with the last lines of its log, when it ends or does not answer
 * in time; the signal's reason when it aborts.
 */
export async function startProxy(start: ProxyStart): Promise<RunningProxy> {
  const { host, port, signal, startTimeoutSeconds, secrets } = start;
  signal.throwIfAborted();
  requireFolder(start.folder);
  await requireFreePort(host, port);
  const origin = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const temporary = mkdtempSync(join(tmpdir(), "firsttoken-proxy-"));
  const rawLog = join(temporary, "proxy.log");
  const redact = redactor(secrets);

  const { keeper, ended } = startKeeper(start, temporary, rawLog);
  const died = new AbortController();
  let stopping = false;
  ended.then((why) => {
    if (stopping) return;
    const message = `The proxy (${start.command.join(" ")}) ended: ${why}.`;
    died.abort(new ServerError(redact(message + lastLines(rawLog)), { url: origin }));
  });
  const gone = once(keeper, "exit");
  const stop = async () => {
    stopping = true;
    if (keeper.connected) keeper.disconnect();
    await gone;
    rmSync(temporary, { recursive: true, force: true });
  };
  try {
    await waitUntilHealthy(origin, startTimeoutSeconds, AbortSignal.any([signal, died.signal]));
  } catch (error) {
    const shown =
      error instanceof ServerError && error !== died.signal.reason
        ? new ServerError(redact(error.message + lastLines(rawLog)), { url: error.url })
        : error;
    await stop();
    throw shown;
  }
  return { origin, died: died.signal, stop };
}

function startKeeper(
  { command, folder, host, port, config, secrets, logPath, stopTimeoutSeconds = 10 }: ProxyStart,
  temporary: string,
  rawLog: string,
) {
  const configPath = join(temporary, "config.yaml");
  writeFileSync(configPath, config, { mode: 0o600 });
  const keptLog = resolve(logPath);
  mkdirSync(dirname(keptLog), { recursive: true });
  const keeper = fork(new URL("../../dist/proxies/keeper.js", import.meta.url), [], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = new Promise<string>((resolveEnded) => {
    keeper.on("message", (report) => {
      if ("ended" in (report as KeeperReport)) resolveEnded((report as { ended: string }).ended);
    });
    keeper.once("exit", () => resolveEnded("its keeper ended"));
  });
  keeper.send({
    command: [...command, "--config", configPath, "--port", String(port)],
    cwd: resolve(folder),
    // LiteLLM listens on all addresses unless HOST says otherwise.
    env: { LITELLM_TELEMETRY: "False", PYTHONUNBUFFERED: "1", HOST: host },
    rawLog,
    keptLog,
    secrets,
    folder: temporary,
    stopTimeoutSeconds,
  } satisfies KeeperTask);
  return { keeper, ended };
}

function requireFolder(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new OptionError("litellmDir", "must be a folder", folder);
  }
}

/** The end of a log, to be shown below an error. */
function lastLines(path: string): string {
  if (!existsSync(path)) return "";
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(-LAST_LINES);
  return lines.join("") === "" ? " Its log is empty." : ` The last lines of its log:\n${lines.join("\n")}`;
}

import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { OptionError, ServerError } from "../domain/errors/errors.js";
import { withoutKeys } from "../domain/secrets/named-secrets.js";
import { redactor } from "../domain/secrets/redactor.js";
import { aborted, pause } from "../domain/waiting.js";
import { requireFreePort } from "./free-port.js";
import { waitUntilHealthy } from "./health.js";
import type { KeeperOrder, KeeperReport } from "./keeper.js";
import { stopGroup } from "./process-group.js";

/** How to start a proxy that takes `--config` and `--port`, as LiteLLM does. */
export interface ProxyStart {
  readonly command: readonly string[];
  /** The folder it is started in. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** The text of its configuration file. */
  readonly config: string;
  /** Texts that must not appear in its log or in an error. */
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

/**
 * Starts a proxy and waits until it answers; a keeper process sees to it that nothing of it outlives this process.
 *
 * Its configuration, readable by its owner alone, has a name in a temporary folder for as long as it runs; the keeper holds
 * what stands in it, so that none of it is on a disk when both are gone.
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
  const redact = redactor(secrets);

  const { ended, stop } = startKeeper(start);
  const died = new AbortController();
  ended.then(({ why, lastLines }) => {
    const message = withoutKeys(redact(`The proxy (${start.command.join(" ")}) ended: ${why}.`));
    died.abort(new ServerError(message + shown(lastLines), { url: origin }));
  });
  try {
    await waitUntilHealthy(origin, startTimeoutSeconds, AbortSignal.any([signal, died.signal]), redact);
  } catch (error) {
    const lastLines = await stop();
    if (!(error instanceof ServerError) || error === died.signal.reason) throw error;
    throw new ServerError(error.message + shown(lastLines), { url: error.url });
  }
  return { origin, died: died.signal, stop: async () => void (await stop()) };
}

/** The time a proxy has to end while the user waits after Ctrl-C. */
const HURRY_SECONDS = 0.5;

/** A proxy's keeper: how the proxy ended, when it does by itself, and how to end it; either way with its last lines. */
interface Keeper {
  readonly ended: Promise<{ readonly why: string; readonly lastLines: string }>;
  stop(): Promise<string>;
}

function startKeeper({
  command,
  folder,
  host,
  port,
  config,
  secrets,
  logPath,
  stopTimeoutSeconds = 10,
  signal,
}: ProxyStart): Keeper {
  const keptLog = resolve(logPath);
  mkdirSync(dirname(keptLog), { recursive: true });
  const temporary = join(tmpdir(), `firsttoken-proxy-${randomUUID()}`);
  const { FIRSTTOKEN_API_KEY, FIRSTTOKEN_PROVIDER_KEY, ...env } = process.env;
  const keeper = fork(new URL("../../dist/proxies/keeper.js", import.meta.url), [], {
    execArgv: [],
    // A session of its own: what is sent to this process's group does not reach it.
    detached: true,
    env,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const tell = (order: KeeperOrder): void => {
    if (keeper.connected) keeper.send(order, () => {});
  };
  let proxy: number | null = null;
  let stopping = false;
  let isStopped = false;
  const gone = new Promise<void>((resolveGone) => {
    keeper.once("error", () => resolveGone());
    keeper.once("exit", async () => {
      // A keeper that was killed has left its proxy to us.
      if (proxy !== null && !isStopped) await stopGroup(proxy, stopTimeoutSeconds);
      rmSync(temporary, { recursive: true, force: true });
      resolveGone();
    });
  });
  const stopped = new Promise<string>((resolveStopped) => {
    keeper.on("message", (report: KeeperReport) => {
      if (!("stopped" in report)) return;
      isStopped = true;
      resolveStopped(report.lastLines);
    });
    void gone.then(() => resolveStopped(""));
  });
  const ended: Keeper["ended"] = new Promise((resolveEnded) => {
    keeper.on("message", (report: KeeperReport) => {
      if ("waiting" in report) {
        proxy = report.waiting;
        tell("let go");
      }
      if ("ended" in report && !stopping) resolveEnded({ why: report.ended, lastLines: report.lastLines });
    });
    keeper.once("error", ({ message }) =>
      resolveEnded({ why: `its keeper process: ${message}`, lastLines: "" }),
    );
    keeper.once("exit", () => {
      if (!stopping) resolveEnded({ why: "its keeper process was ended", lastLines: "" });
    });
  });
  tell({
    command,
    cwd: resolve(folder),
    // LiteLLM listens on all addresses unless HOST says otherwise.
    env: { LITELLM_TELEMETRY: "False", PYTHONUNBUFFERED: "1", HOST: host },
    ...{ port, config, keptLog, secrets, folder: temporary, stopTimeoutSeconds },
  });
  return {
    ended,
    async stop() {
      stopping = true;
      tell("stop");
      const letGo = (): void => {
        if (keeper.connected) keeper.disconnect();
      };
      const over = stopped.then(async (lastLines) => {
        letGo();
        await gone;
        return lastLines;
      });
      // Who is stopped does not wait for a proxy that takes its time: its keeper does.
      const left = aborted(signal).then(async () => {
        await pause(HURRY_SECONDS);
        letGo();
        keeper.unref();
        return "";
      });
      return Promise.race([over, left]);
    },
  };
}

function requireFolder(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new OptionError("litellmDir", "must be a folder", folder);
  }
}

/** The end of a log, to be shown behind an error. */
const shown = (lastLines: string): string =>
  lastLines === "" ? " Its log is empty." : ` The last lines of its log:\n${lastLines}`;

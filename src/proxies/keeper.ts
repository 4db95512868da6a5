import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { redactor } from "../domain/secrets/redactor.js";
import { lastLinesOf, offerText, openAnonymousFile } from "./anonymous-file.js";
import { NO_SUCH_PROGRAM, startGated, stopGroup } from "./process-group.js";

/** What to run, and what to keep. */
export interface KeeperTask {
  /** Gets `--config` and `--port`. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** Added to this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  /** The text of the configuration, which holds the keys. */
  readonly config: string;
  /** Where the proxy's log is kept afterwards, without the secrets. */
  readonly keptLog: string;
  readonly secrets: readonly string[];
  /** Made for the configuration, and removed at the end. */
  readonly folder: string;
  /** The time it has to end after TERM, before KILL. */
  readonly stopTimeoutSeconds: number;
}

/** Messages to the keeper: its task, to let the proxy run, to stop it. */
export type KeeperOrder = KeeperTask | "let go" | "stop";

/** Messages from the keeper: that the proxy waits at its gate; why it is no longer running; that nothing is left of it. */
export type KeeperReport =
  | { readonly waiting: number }
  | { readonly ended: string; readonly lastLines: string }
  | { readonly stopped: true; readonly lastLines: string };

/** The maximum kept of a log. */
const KEPT_BYTES = 64 * 2 ** 20;
const LAST_LINES = 15;

interface Kept {
  letGo(): void;
  /** Returns the last lines of its log. */
  stop(): Promise<string>;
}

/** Starts a proxy, and says how to end it and its group, keep its log and remove its configuration. */
function keep({
  command,
  cwd,
  env,
  port,
  config,
  keptLog,
  secrets,
  folder,
  stopTimeoutSeconds,
}: KeeperTask): Kept {
  mkdirSync(folder, { mode: 0o700 });
  const log = openAnonymousFile(join(folder, "proxy.log"));
  const configPath = join(folder, "config.yaml");
  offerText(configPath, config);
  const redact = redactor(secrets);
  const keepLog = (): string => {
    const text = redact(lastLinesOf(log, KEPT_BYTES));
    try {
      writeFileSync(keptLog, text);
    } catch (error) {
      console.error(`The proxy's log could not be kept at ${keptLog}: ${(error as Error).message}`);
    }
    return text.trimEnd().split("\n").slice(-LAST_LINES).join("\n");
  };

  const { process: proxy, letGo } = startGated([...command, "--config", configPath, "--port", String(port)], {
    cwd,
    env: { ...process.env, ...env },
    output: log,
  });
  proxy.once("spawn", () => say({ waiting: proxy.pid! }));
  proxy.once("error", ({ message }) => say({ ended: message, lastLines: "" }));
  proxy.once("exit", (code, signal) => {
    const lastLines = keepLog();
    const isMissing = code === NO_SUCH_PROGRAM && lastLines.includes(command[0]!);
    const how = signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
    say({ ended: isMissing ? `the program "${command[0]}" was not found` : how, lastLines });
  });
  return {
    letGo,
    async stop() {
      rmSync(folder, { recursive: true, force: true });
      if (proxy.pid !== undefined) await stopGroup(proxy.pid, stopTimeoutSeconds);
      return keepLog();
    },
  };
}

function say(report: KeeperReport): void {
  if (process.connected) process.send?.(report, () => {});
}

/**
 * Keeps one proxy running as long as its parent exists. It is a process of its own, in a session of its own, because a parent
 * that is killed, alone or with its group, can't clean up; the end of the pipe to the parent means the end of the parent.
 */
function main(): void {
  // The parent decides, or its end does.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) process.on(signal, () => {});
  let kept: Kept | null = null;
  let stopped: Promise<string> | null = null;
  const stop = (): Promise<string> => {
    stopped ??= kept?.stop() ?? Promise.resolve("");
    return stopped;
  };
  process.on("message", (order: KeeperOrder) => {
    if (order === "stop") void stop().then((lastLines) => say({ stopped: true, lastLines }));
    else if (order === "let go") kept?.letGo();
    else {
      try {
        kept = keep(order);
      } catch (error) {
        say({ ended: `it could not be started (${(error as Error).message})`, lastLines: "" });
      }
    }
  });
  process.once("disconnect", () => stop().finally(() => process.exit()));
}

main();

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { redactor } from "../client/secrets.js";

/** What to run, and what to leave behind. */
export interface KeeperTask {
  readonly command: readonly string[];
  readonly cwd: string;
  /** Added to this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the proxy writes while it runs. */
  readonly rawLog: string;
  /** Where its log is kept afterwards, without the secrets. */
  readonly keptLog: string;
  readonly secrets: readonly string[];
  /** Removed at the end. */
  readonly folder: string;
  /** What it has to end after TERM, before KILL. */
  readonly stopTimeoutSeconds: number;
}

/** What the keeper says: that the proxy runs, or why it doesn't any more. */
export type KeeperReport = { readonly running: number } | { readonly ended: string };

const POLL_MILLISECONDS = 50;

/** Starts a proxy in a process group of its own; returns what stops the whole group and cleans up. */
function keep(task: KeeperTask): () => Promise<void> {
  const log = openSync(task.rawLog, "a", 0o600);
  const proxy = spawn(task.command[0]!, task.command.slice(1), {
    cwd: task.cwd,
    env: { ...process.env, ...task.env },
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  proxy.once("spawn", () => say({ running: proxy.pid! }));
  proxy.once("error", (error: NodeJS.ErrnoException) =>
    say({
      ended: error.code === "ENOENT" ? `there is no program "${task.command[0]}" to be found` : error.message,
    }),
  );
  proxy.once("exit", (code, signal) =>
    say({ ended: signal === null ? `it exited with code ${code}` : `it was ended by ${signal}` }),
  );
  return async () => {
    await stopGroup(proxy, task.stopTimeoutSeconds);
    keepLog(task);
    rmSync(task.folder, { recursive: true, force: true });
  };
}

/** TERM for the group, some seconds to comply, then KILL. */
async function stopGroup({ pid }: ChildProcess, timeoutSeconds: number): Promise<void> {
  if (pid === undefined || !signalGroup(pid, "SIGTERM")) return;
  for (let waited = 0; waited < timeoutSeconds * 1_000; waited += POLL_MILLISECONDS) {
    await delay(POLL_MILLISECONDS);
    if (!signalGroup(pid, 0)) return;
  }
  signalGroup(pid, "SIGKILL");
  while (signalGroup(pid, 0)) await delay(POLL_MILLISECONDS);
}

/** Signals every process of a group; false when there is none left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

function keepLog({ rawLog, keptLog, secrets }: KeeperTask): void {
  if (!existsSync(rawLog)) return;
  try {
    writeFileSync(keptLog, redactor(secrets)(readFileSync(rawLog, "utf8")));
  } catch (error) {
    console.error(`The proxy's log could not be kept at ${keptLog}: ${(error as Error).message}`);
  }
}

function say(report: KeeperReport): void {
  if (process.connected) process.send?.(report, () => {});
}

/**
 * Keeps one proxy for as long as its parent is there. It is a process of its own because a parent that is killed can't
 * clean up.
 */
function main(): void {
  // Ctrl-C and a closed terminal reach the whole group; the parent decides, or its end does.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  let stop = async () => {};
  process.once("message", (task) => {
    stop = keep(task as KeeperTask);
  });
  process.once("disconnect", () => stop().finally(() => process.exit()));
}

main();

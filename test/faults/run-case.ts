import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readByKind } from "../../src/logs/read-by-kind.js";
import { BIN } from "../support/cli.js";
import { type Ended, KEY, oneRequest, type Place, type Run } from "./fault-case.js";
import { type HostileServer, isMeasured } from "./hostile-server.js";

/** Runs one command of a case as a process group of its own, until it ends or its limit is over. */
export async function runCase(
  run: Run,
  place: Place,
  server: HostileServer | null,
  limitSeconds: number,
): Promise<Ended> {
  const command = [process.execPath, BIN, ...(run.command ?? oneRequest())(place)];
  const [file, ...args] =
    run.shell === undefined ? command : ["bash", "-c", run.shell(`exec ${command.map(quoted).join(" ")}`)];
  const child = spawn(file!, args, {
    cwd: place.folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", FIRSTTOKEN_API_KEY: KEY, ...run.environment },
  });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      said[stream] += text;
    });
  }
  const end = new Promise<number | NodeJS.Signals>((ended) =>
    child.on("close", (code, signal) => ended(code ?? signal!)),
  );
  let exit: Ended["exit"] | undefined;
  void end.then((how) => {
    exit ??= how;
  });
  let toStop = run.stop;
  let maxMebibytes = 0;
  const deadline = performance.now() + limitSeconds * 1_000;
  while (exit === undefined && performance.now() < deadline) {
    maxMebibytes = Math.max(maxMebibytes, peakMebibytes(child.pid!));
    if (toStop !== undefined && isTime(toStop.at, said.stdout + said.stderr, server)) {
      child.kill(toStop.signal);
      toStop = undefined;
    }
    await delay(20);
  }
  exit ??= "still running";
  endGroup(child.pid!);
  await end;
  return { place, server, exit, ...said, maxMebibytes, log: await readLog(place.folder) };
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

function isTime(at: number | string | RegExp, said: string, server: HostileServer | null): boolean {
  if (at instanceof RegExp) return at.test(said);
  const requests = server?.requests ?? [];
  if (typeof at === "string") return requests.some(({ path }) => path === at);
  return requests.filter(isMeasured).length >= at;
}

/** The most memory the process had so far, where the system tells. */
function peakMebibytes(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

/** What is still there of a group whose leader has ended, or must end. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nothing is left of it.
  }
}

async function readLog(folder: string): Promise<Ended["log"]> {
  const path = ["log.jsonl", "sweep/all_ttft_results.jsonl"]
    .map((name) => join(folder, name))
    .find((name) => existsSync(name) && statSync(name).isFile());
  if (path === undefined) return null;
  try {
    const { ttft, blend, quality, proxy } = await readByKind(path);
    return [...ttft, ...blend, ...quality, ...proxy] as unknown as readonly Record<string, unknown>[];
  } catch (error) {
    return (error as Error).message;
  }
}

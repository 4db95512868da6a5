import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "./free-port.js";

/** Why no cluster can be started here; null where it can. */
export function whyNoSlurm(): string | null {
  if (process.getuid?.() !== 0) return "only root starts Slurm's daemons";
  const isThere = ["slurmctld", "slurmd", "sbatch"].every(
    (name) => spawnSync(name, ["-V"]).error === undefined,
  );
  return isThere ? null : "slurm-wlm is not installed";
}

/** A cluster of Slurm's with two nodes of one processor on this machine. */
export interface Slurm {
  /** What its commands and tasks find it by. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs one of its commands. */
  run(command: string, ...args: readonly string[]): string;
  close(): Promise<void>;
}

/** Starts a cluster that trusts this machine: no munge, no database, ports of its own (Slurm 22.05, `man slurm.conf`). */
export async function startSlurm(): Promise<Slurm> {
  const folder = mkdtempSync(join(tmpdir(), "slurm-"));
  const [host] = hostname().split(".");
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const conf = join(folder, "slurm.conf");
  writeFileSync(
    conf,
    [
      ...["ClusterName=test", `SlurmctldHost=${host}(127.0.0.1)`, `SlurmctldPort=${ports[0]}`],
      ...["AuthType=auth/none", "CredType=cred/none", "ProctrackType=proctrack/pgid", "TaskPlugin=task/none"],
      ...["SwitchType=switch/none", "MpiDefault=none", "SelectType=select/cons_tres", "ReturnToService=2"],
      ...["JobAcctGatherType=jobacct_gather/none", "AccountingStorageType=accounting_storage/none"],
      ...["SlurmUser=root", "SlurmdUser=root", "SchedulerParameters=sched_interval=1,batch_sched_delay=0"],
      ...[`StateSaveLocation=${folder}/state`, `SlurmdSpoolDir=${folder}/spool-%n`],
      ...[`SlurmctldPidFile=${folder}/slurmctld.pid`, `SlurmdPidFile=${folder}/%n.pid`],
      ...[`SlurmctldLogFile=${folder}/slurmctld.log`, `SlurmdLogFile=${folder}/%n.log`],
      ...[1, 2].map(
        (n) =>
          `NodeName=n${n} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[n]} CPUs=1 RealMemory=1000`,
      ),
      "PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP",
      "",
    ].join("\n"),
  );
  const environment = { ...process.env, SLURM_CONF: conf };
  const daemons = [["slurmctld"], ["slurmd", "-N", "n1"], ["slurmd", "-N", "n2"]].map(([program, ...args]) =>
    spawn(program!, [...args, "-D"], { env: environment, stdio: "ignore" }),
  );
  const run = (command: string, ...args: readonly string[]) =>
    execFileSync(command, args, { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const close = async () => {
    const ended = daemons.map((daemon) => new Promise((end) => daemon.once("exit", end)));
    for (const daemon of daemons) daemon.kill();
    await Promise.all(ended);
    rmSync(folder, { recursive: true, force: true });
  };
  for (
    let attempt = 0;
    spawnSync("sinfo", ["-h", "-o", "%t"], { env: environment }).stdout.toString() !== "idle\n";
    attempt++
  ) {
    if (attempt === 100) {
      await close();
      throw new Error("Slurm did not start within 50 seconds.");
    }
    await wait(500);
  }
  return { environment, run, close };
}

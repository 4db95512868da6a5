import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, firsttoken, jsonLines } from "../../support/cli.js";
import { type Slurm, startSlurm, whyNoSlurm } from "../../support/slurm.js";

const why = process.env.FIRSTTOKEN_REQUIRE_ALL === "1" ? null : whyNoSlurm();
const folder = mkdtempSync(join(tmpdir(), "slurm-run-"));
const QUALITY = [
  "quality",
  "--model",
  "tiny",
  "--dataset",
  "multihop",
  "--samples",
  "16",
  "--methods",
  "full,reuse",
  "--no-aa",
];

const rows = (log: string) =>
  existsSync(join(folder, log)) ? jsonLines(readFileSync(join(folder, log), "utf8")) : [];
const shardLog = (index: number) => `run/shard=${index}/log.jsonl`;

async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (let attempt = 0; attempt < 2_000; attempt++) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await wait(50);
  }
  throw new Error(`waited in vain: ${what}`);
}

/** The process that measures a part, by what Slurm put into its environment. */
function measuringProcess(conf: string, index: number): number | undefined {
  const has = (pid: string, file: string, ...parts: readonly string[]) => {
    try {
      const text = readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
      return parts.every((part) => text.includes(part));
    } catch {
      return false;
    }
  };
  const pid = readdirSync("/proc").find(
    (name) =>
      has(name, "cmdline", BIN, "quality") &&
      has(name, "environ", `SLURM_CONF=${conf}`, `SLURM_ARRAY_TASK_ID=${index}`),
  );
  return pid === undefined ? undefined : Number(pid);
}

describe.skipIf(why !== null)(`a run that Slurm measures in parts${why === null ? "" : ` (${why})`}`, () => {
  let slurm: Slurm;
  beforeAll(async () => {
    slurm = await startSlurm();
  });
  afterAll(async () => {
    await slurm?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is the run of one machine, though a part was killed and begun again", async () => {
    const part = [process.execPath, BIN, ...QUALITY, "--out", "run.jsonl"];
    const { stdout: script, code } = await firsttoken(["launch", "slurm", "--shards", "2", "--", ...part]);
    expect(code).toBe(0);
    const submitted = execFileSync("bash", ["-s"], {
      ...{ cwd: folder, env: slurm.environment, input: script, encoding: "utf8" },
    });
    const [, array] = /^Array (\d+), then its report, \d+\.\n$/.exec(submitted)!;

    await until("the second part has a row", () => rows(shardLog(1)).length > 0);
    process.kill(
      await until("its process", () => measuringProcess(slurm.environment.SLURM_CONF!, 1)),
      "SIGKILL",
    );
    // Slurm lets a job rest for two minutes before it begins again.
    const waits = () => slurm.run("squeue", "-h", "-j", array!, "-t", "PD", "-o", "%r").includes("BeginTime");
    await until("Slurm has queued it again", waits);
    const before = rows(shardLog(1));
    slurm.run("scontrol", "update", `JobId=${array}_1`, "StartTime=now");
    await until("all jobs have ended", () => slurm.run("squeue", "-h") === "");

    expect(rows(shardLog(1)).slice(0, before.length)).toEqual(before);
    expect(readFileSync(join(folder, "run/report.html"), "utf8")).not.toContain("are missing");
    const alone = await firsttoken([...QUALITY, "--out", "alone.jsonl"], { cwd: folder });
    expect(alone.code).toBe(0);
    const answers = (...logs: readonly string[]) =>
      logs
        .flatMap(rows)
        .map(({ example_id, label, prediction, score }) =>
          JSON.stringify([example_id, label, prediction, score]),
        )
        .sort();
    expect(answers(shardLog(0), shardLog(1))).toEqual(answers("alone.jsonl"));
  });
});

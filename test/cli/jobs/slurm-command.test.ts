import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { firsttokenHere } from "../../support/cli-here.js";

const launch = (...args: readonly string[]) => firsttokenHere(["launch", "slurm", ...args]);

/** Programs that do nothing but keep what they were given: `sbatch` its script, `firsttoken` its words. */
function standIns() {
  const folder = mkdtempSync(join(tmpdir(), "slurm-stand-in-"));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const program = (name: string, ...lines: readonly string[]) => {
    writeFileSync(join(bin, name), ["#!/usr/bin/env bash", ...lines, ""].join("\n"));
    chmodSync(join(bin, name), 0o755);
  };
  program(
    "sbatch",
    `echo "$*" >> "${folder}/submitted"`,
    `number=$(wc -l < "${folder}/submitted")`,
    `cat > "${folder}/script-$number"`,
    'echo "10$number;cluster"',
  );
  program("firsttoken", `printf '%s\\0' "$@" >> "${folder}/words"`, `exit "\${ENDS_WITH:-0}"`);
  program("scontrol", `echo "$*" >> "${folder}/requeued"`);
  const env = (more: object) => ({ ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, ...more });
  return {
    submit: (script: string) =>
      execFileSync("bash", ["-s"], { input: script, env: env({}), encoding: "utf8" }),
    run: (number: number, variables = {}) =>
      spawnSync("bash", [join(folder, `script-${number}`)], { env: env(variables) }).status,
    read: (name: string) => readFileSync(join(folder, name), "utf8"),
  };
}

describe("firsttoken launch slurm", () => {
  it("prints a script that submits an array of the parts, then the job of their report", async () => {
    const { stdout, stderr, code } = await launch(
      ...[
        "--shards",
        "8",
        "--parallel",
        "3",
        "--time",
        "1-02:00:00",
        "--partition",
        "gpu",
        "--account",
        "lab",
      ],
      ...[
        "--cpus",
        "2",
        "--memory_gib",
        "4",
        "--name",
        "quality",
        "--setup",
        "set -u",
        "--setup",
        "export A=1",
      ],
      ...["--", "quality", "--api_base", "http://gpu7:8000/v1", "--out", "run one/q.jsonl"],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const slurm = standIns();
    expect(slurm.submit(stdout)).toContain("Array 101");
    expect(slurm.read("submitted")).toBe(
      "--parsable\n--parsable --dependency=afterok:101 --kill-on-invalid-dep=yes\n",
    );
    const [array, report] = [slurm.read("script-1"), slurm.read("script-2")];
    for (const option of [
      ...["array=0-7%3", "time=1-02:00:00", "partition=gpu", "account=lab", "cpus-per-task=2", "mem=4G"],
      ...["job-name=quality", "requeue", "open-mode=append"],
    ])
      expect(array.split("\n")).toContain(`#SBATCH --${option}`);
    for (const script of [array, report]) {
      expect(script).toMatch(/^#!\/usr\/bin\/env bash\n(#SBATCH .*\n)+set -u\nexport A=1\nfirsttoken /);
      expect(script).toContain("#SBATCH --partition=gpu\n");
    }
    expect(slurm.run(2)).toBe(0);
    expect(slurm.read("words").split("\0").slice(0, -1)).toEqual([
      "report",
      "./run one/q",
      "--out",
      "./run one/q/report.html",
    ]);
  });

  it("has the report of a run in a bucket written beside its parts", async () => {
    const { stdout } = await launch(
      "--shards",
      "2",
      "--",
      "sweep",
      "--model",
      "tiny",
      "--out_dir",
      "s3://b/run",
    );
    expect(stdout).toContain("\nfirsttoken report s3://b/run --out s3://b/run/report.html\n");
  });

  it("hands every word to the command as it was given, whatever is in it", async () => {
    const prompt = `a  'b' "c" $HOME $(id) \`id\` \\ \n\tEND_OF_PART\nEND_OF_PART\u0007 ~ * é 模型`;
    const words = ["sweep", "--api_base", "http://gpu7:8000/v1", "--prompt", prompt, "--out_dir", "a$b c"];
    const { stdout } = await launch("--shards", "2", "--", "firsttoken", ...words);
    const slurm = standIns();
    slurm.submit(stdout);
    expect(slurm.run(1)).toBe(0);
    expect(slurm.read("words").split("\0").slice(0, -1)).toEqual(words);
  });

  it("has Slurm start a part again that failed, unless its command line is wrong or it has failed often", async () => {
    const { stdout } = await launch("--shards", "2", "--retries", "2", "--", "sweep", "--model", "tiny");
    const task = { SLURM_ARRAY_JOB_ID: "101", SLURM_ARRAY_TASK_ID: "1" };
    const slurm = standIns();
    slurm.submit(stdout);
    expect(slurm.run(1, { ...task, ENDS_WITH: "2" })).toBe(2);
    expect(slurm.run(1, { ...task, ENDS_WITH: "1", SLURM_RESTART_COUNT: "2" })).toBe(1);
    expect(() => slurm.read("requeued")).toThrow("ENOENT");
    expect(slurm.run(1, { ...task, ENDS_WITH: "1", SLURM_RESTART_COUNT: "1" })).toBe(1);
    expect(slurm.run(1, { ...task, ENDS_WITH: "137" })).toBe(137);
    expect(slurm.read("requeued")).toBe("requeue 101_1\n".repeat(2));
  });

  it.each([
    [["npx", "firsttoken"]],
    [["npx", "--yes", "firsttoken@0.1.0"]],
    [["node", "dist/cli/bin.js"]],
    [["srun", "--mpi=none", "/opt/my tools/firsttoken"]],
  ])("starts it by %j where that is how it is called", async (program) => {
    const { stdout } = await launch("--shards", "2", "--", ...program, "sweep", "--model", "tiny");
    const shown = program.map((word) => (word.includes(" ") ? `'${word}'` : word)).join(" ");
    expect(stdout).toContain(`\n${shown} sweep --model tiny && exit\n`);
    expect(stdout).toContain(`\n${shown} report ./results/ttft --out ./results/ttft/report.html\n`);
  });

  it("says where a part asks its own node", async () => {
    const { stderr } = await launch("--shards", "2", "--", "sweep", "8001");
    expect(stderr).toBe("Each part asks http://localhost:8001/v1 on its own node.\n");
  });

  it("leaves files of the command to the node", async () => {
    const files = ["--api_key", "@/none/key", "--servers", "/none/servers.txt"];
    const { code, stdout } = await launch("--shards", "2", "--", "quality", ...files);
    expect(code).toBe(0);
    expect(stdout).toContain("--api_key @/none/key --servers /none/servers.txt");
  });

  const URL = ["--api_base", "http://gpu7:8000/v1"];
  it.each([
    [["--", "sweep", ...URL], "required option '--shards <n>' not specified"],
    [["--shards", "0", "--", "sweep"], "from 1 to 100000"],
    [["--shards", "2"], "missing required argument"],
    [
      ["--shards", "2", "--", "doctor", "8000"],
      "must be one that can be measured in parts (sweep, prompts, blend, quality",
    ],
    [["--shards", "2", "--", "ttft", "8000"], 'received "ttft"'],
    [["--shards", "2", "--", "python", "sweep.py"], 'received "python"'],
    [["--shards", "2", "--", "firsttoken"], 'received ""'],
    [["--shards", "2", "--", "A=1", "firsttoken", "sweep"], "must begin with a program"],
    [["--shards", "2", "--", "sweep", "--context_size", "40"], "unknown option '--context_size'"],
    [["--shards", "2", "--", "sweep", "--runs", "0"], "It must be a whole number"],
    [["--shards", "2", "--", "sweep", "--help"], "only asks for help"],
    [["--shards", "2", "--", "sweep", "--shard", "0/2"], "--shard can't be in the command"],
    [["--shards", "2", "--", "sweep", "--overwrite"], "--overwrite can't be in the command"],
    [["--shards", "2", "--", "sweep", "--fail-if", "ttft_p95>1"], "--fail-if can't be in the command"],
    [["--shards", "2", "--", "sweep", "--chart", "a.svg"], "--chart can't be in the command"],
    [["--shards", "2", "--", "load", "--rates", "2"], "--start_at must be in the command"],
    [["--shards", "2", "--", "sweep", "--api_key", "-"], "a task has no standard input"],
    [["--shards", "2", "--time", "soon", "--", "sweep"], "such as 2:00:00"],
    [["--shards", "2", "--time", "0", "--", "sweep"], "such as 2:00:00"],
    [["--shards", "2", "--partition", "a b", "--", "sweep"], "a word without spaces"],
    [["--shards", "2", "--name", "My run", "--", "sweep"], "small letters"],
    [["--shards", "2", "--setup", "a\nb", "--", "sweep"], "a single line"],
    [["--model", "x", "--shards", "2", "--", "sweep"], "--model is for servers, not for slurm"],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await launch(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(sentence);
  });

  it.each([
    ["--api_key", "sk-secret-1234"],
    ["--header", "Authorization: Bearer sk-secret-1234"],
    ["--api_base", "http://user:sk-secret-1234@gpu7:8000/v1"],
    ["--api-key=sk-secret-1234"],
  ])("refuses a key in the command, and does not show it: %s", async (...flag) => {
    for (const scheduler of [["slurm"], ["kubernetes", "--image", "x"]]) {
      const { code, stdout, stderr } = await firsttokenHere([
        "launch",
        ...scheduler,
        "--shards",
        "2",
        "--",
        "sweep",
        ...flag,
      ]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("must not hold a key");
      expect(stderr).not.toContain("sk-secret");
    }
  });
});

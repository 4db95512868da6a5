import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, it } from "vitest";
import { serve as serveMock } from "../../src/api/mock.js";
import * as proxy from "../../src/api/proxy.js";
import { type CliResult, firsttoken, jsonLines } from "../support/cli.js";
import { freePort } from "../support/free-port.js";
import { isGone } from "../support/processes.js";

/** Whatever YAML, a shell or a header could stumble over. */
const ODD_KEY = `sk-"quoted' \\ # key: {0123456789}`;

/** One that does not change, with a key of its user's; and the newest, which does not start with a key that everybody knows. */
const SUITES = [
  { requirement: "litellm[proxy]==1.83.14", name: "litellm-1.83.14", key: ODD_KEY },
  { requirement: "litellm[proxy]", name: "litellm-newest", key: null },
];

type Run = CliResult | { readonly unreachable: string };

const command = (program: string, ...args: string[]) =>
  spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 28 });

const filesBelow = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => join(path, name))
    .filter((name) => statSync(name).isFile());

/** Installs LiteLLM unless it is there; says why where PyPI can't be reached. */
function install(requirement: string, venv: string): string | null {
  if (existsSync(join(venv, "bin", "litellm"))) return null;
  mkdirSync(join(venv, ".."), { recursive: true });
  if (command("python3", "-m", "venv", venv).status !== 0) {
    throw new Error("This suite measures a Python package; install Python 3 with its venv module.");
  }
  const pip = command(join(venv, "bin", "python"), "-m", "pip", "install", "--quiet", requirement);
  if (pip.status === 0) return null;
  rmSync(venv, { recursive: true, force: true });
  const lines = pip.stderr.trim().split("\n");
  const why = lines.findLast((line) => line.startsWith("ERROR")) ?? "pip failed";
  return `${requirement} could not be installed from PyPI: ${why}`;
}

describe.each(SUITES)("$requirement", ({ requirement, name, key }) => {
  /** Kept between runs; git ignores it. */
  const venv = fileURLToPath(new URL(`../../build/${name}`, import.meta.url));
  const litellm = join(venv, "bin", "litellm");
  const folder = mkdtempSync(join(tmpdir(), "litellm-"));
  const log = join(folder, "litellm.jsonl");
  const json = join(folder, "litellm.json");
  let run: Run;

  beforeAll(async () => {
    const unreachable = install(requirement, venv);
    if (unreachable !== null) {
      if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(unreachable);
      console.warn(`Skipped: ${unreachable}`);
      run = { unreachable };
      return;
    }
    const port = await freePort();
    process.env.TMPDIR = folder;
    // Its list of prices would be fetched from the internet.
    process.env.LITELLM_LOCAL_MODEL_COST_MAP = "True";
    run = await firsttoken([
      ...["proxy", "--proxy-command", `'${litellm}'`, "--litellm-dir", folder, "--proxy-port", String(port)],
      ...(key === null ? [] : ["--api-key", key]),
      ...["--provider-port", "0", "--label", "litellm"],
      ...["--requests", "60", "--concurrency", "4", "--warmup", "20"],
      ...["--stream-requests", "30", "--stream-concurrency", "2", "--stream-warmup", "6"],
      ...["--provider-stream-content-chunks", "5", "--provider-chunk-gap-ms", "20"],
      ...["--proxy-start-timeout", "300", "--out", log, "--output-json", json],
    ]);
  });

  it("is measured without a failure, slower than the provider itself", async ({ expect, skip }) => {
    if ("unreachable" in run) return skip(run.unreachable);
    expect(run.stderr).toContain("Pairs of blocks: 20 of 20");
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/\nMarkdown row:\n\| litellm \| unknown( \| \d+\.\d\d){8} \|\n/);
    const rows = await proxy.read(log);
    expect(rows).toHaveLength(2 * (60 + 30));
    const table = proxy.table(rows).rows;
    expect(table.map(({ mode }) => mode)).toEqual(["chat", "stream"]);
    for (const row of table) {
      expect(row).toMatchObject({ direct_failed_n: 0, proxied_failed_n: 0 });
      expect(row.overhead_low_seconds).toBeGreaterThan(0);
      expect(row.throughput_ratio_high).toBeLessThan(1);
      expect(row.overhead_header_p50_seconds).toBeGreaterThan(0);
    }
    for (const row of rows.filter(({ mode }) => mode === "stream")) expect(row.chunks).toBe(5);
    const page = JSON.parse(readFileSync(`${log}.meta.json`, "utf8"));
    const version = "import importlib.metadata as m; print(m.version('litellm'))";
    const { stdout } = command(join(venv, "bin", "python"), "-c", version);
    expect(page.options.through.litellm.software).toBe(`LiteLLM ${stdout.trim()}`);
    const [streams] = JSON.parse(readFileSync(json, "utf8")).firsttoken.streams;
    expect(streams.fidelity).not.toBeNull();
  });

  it("is gone afterwards, with its configuration, and its key is in no file", ({ expect, skip }) => {
    if ("unreachable" in run) return skip(run.unreachable);
    const proxyLog = readFileSync(join(folder, "litellm.proxy.log"), "utf8");
    const pid = Number(/Started server process \[(\d+)\]/.exec(proxyLog)![1]);
    expect(isGone(pid)).toBe(true);
    const files = filesBelow(folder);
    expect(files.filter((name) => name.endsWith(".yaml"))).toEqual([]);
    expect(files).toContain(log);
    for (const name of files) {
      const text = readFileSync(name, "utf8");
      for (const form of key === null ? [] : [key, JSON.stringify(key).slice(1, -1)])
        expect(text.includes(form), name).toBe(false);
      expect(text, name).not.toMatch(/sk-[0-9a-f]{48}/);
    }
    if (key !== null) expect(run.stdout + run.stderr).not.toContain(key);
    expect(jsonLines(readFileSync(log, "utf8")).every(({ model }) => model === "perf-test-model")).toBe(true);
  });
});

it("the newest starts by the script that `launch litellm` prints, and answers to the key that it made", async ({
  expect,
  skip,
}) => {
  const venv = fileURLToPath(new URL("../../build/litellm-newest", import.meta.url));
  const unreachable = install("litellm[proxy]", venv);
  if (unreachable !== null) {
    if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(unreachable);
    return skip(unreachable);
  }
  const folder = mkdtempSync(join(tmpdir(), "litellm-launch-"));
  const provider = await serveMock({ port: 0 });
  const port = await freePort();
  const asked = ["--model", "mock", "--provider_url", provider.url, "--port", String(port)];
  const { stdout: script } = await firsttoken(["launch", "litellm", ...asked]);
  const shell = spawn("sh", ["-eu"], {
    cwd: folder,
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: {
      ...process.env,
      PATH: `${join(venv, "bin")}:${process.env.PATH}`,
      LITELLM_LOCAL_MODEL_COST_MAP: "True",
    },
  });
  shell.stdin.end(script);
  try {
    const isAlive = () =>
      fetch(`http://localhost:${port}/health/liveliness`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (shell.exitCode === null && !(await isAlive())) await setTimeout(200);
    const next = /# Then: firsttoken sweep (.*)/.exec(script)![1]!.split(" ");
    const found = await firsttoken(["doctor", ...next], { cwd: folder });
    expect(found.stderr).toBe("");
    expect(found.stdout).toMatch(/^Server +LiteLLM \d/);
    expect(found.code).toBe(0);
  } finally {
    if (shell.exitCode === null) process.kill(-shell.pid!, "SIGKILL");
    await provider.close();
  }
});

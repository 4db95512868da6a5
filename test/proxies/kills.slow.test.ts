import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { random } from "../../src/stats/random.js";
import { BIN } from "../support/cli.js";
import { FAKE_PROXY } from "../support/fake-proxy.js";
import { freePort } from "../support/free-port.js";
import { processesWith } from "../support/processes.js";

const KILLS = 40;
const WITHIN_MILLISECONDS = 500;
const KEYS = { FIRSTTOKEN_API_KEY: "sk-kill-7Qx2Lm90Zb41", FIRSTTOKEN_PROVIDER_KEY: "sk-kill-0Pw8Rt63Yc57" };
/** Of util-linux: by it the system ends a process with its parent. */
const HAS_SETPRIV = spawnSync("setpriv", ["--pdeathsig", "TERM", "true"]).status === 0;
const SEED = process.env.KILLS_SEED ?? String(Date.now());
const draw = random(SEED);
const folder = mkdtempSync(join(tmpdir(), "kills-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`Kills: ${KILLS}, KILLS_SEED=${SEED}.\n`);
});

/** Whom a signal is sent to, by the command's own process and its keeper's. */
const TARGETS = {
  us: (own: number) => own,
  "our group": (own: number) => -own,
  "the keeper": (own: number) => keeperOf(own),
  "the keeper's group": (own: number) => -keeperOf(own),
};
const SIGNALS = ["SIGKILL", "SIGKILL", "SIGHUP", "SIGQUIT", "SIGTERM", "SIGINT"] as const;

const keeperOf = (own: number): number =>
  processesWith("proxies/keeper.js").find(({ parent }) => parent === own)?.pid ?? own;

/** Starts the command as a group of its own, up to where it starts its proxy. */
async function begin(port: number, out: string, flags = ""): Promise<ChildProcess> {
  const command = spawn(
    process.execPath,
    [
      ...[BIN, "proxy", "--proxy-command", `"${process.execPath}" '${FAKE_PROXY}' ${flags}`, "--out", out],
      ...["--proxy-port", `${port}`, "--provider-port", "0", "--litellm-dir", folder, "--requests", "200000"],
    ],
    {
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...KEYS, TMPDIR: folder },
    },
  );
  let said = "";
  await new Promise<void>((begun) => {
    command.stderr!.on("data", (text: Buffer) => {
      said += text.toString();
      if (said.includes("Starting the proxy")) begun();
    });
    command.once("exit", () => begun());
  });
  expect(said).toContain("Starting the proxy");
  return command;
}

/** What is left of a run: processes, the proxy's folder, and files that hold a key. */
function left(port: number): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return [
    ...processesWith(`--port ${port}`).map(({ commandLine }) => commandLine),
    ...files.filter((file) => /firsttoken-proxy-/.test(file)),
    ...files.filter(
      (file) =>
        existsSync(file) &&
        statSync(file).isFile() &&
        Object.values(KEYS).some((key) => readFileSync(file, "latin1").includes(key)),
    ),
  ];
}

describe(`a proxy's keys and the proxy are gone after a kill (KILLS_SEED=${SEED})`, () => {
  const cases = Array.from({ length: KILLS }, (_, index) => {
    const names = Object.keys(TARGETS) as (keyof typeof TARGETS)[];
    return {
      number: index + 1,
      target: names[index % names.length]!,
      signal: SIGNALS[draw.int(SIGNALS.length)]!,
      after: draw.int(WITHIN_MILLISECONDS),
    };
  });

  it.each(cases)("$number: $signal for $target, $after ms after its start", async ({
    number,
    target,
    signal,
    after,
  }) => {
    const port = await freePort();
    const command = await begin(port, join(folder, `${number}.jsonl`), "--child");
    await delay(after);
    const pid = TARGETS[target](command.pid!);
    const isKeeper = target.startsWith("the keeper");
    const hitsUs = !isKeeper || Math.abs(pid) === command.pid;
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended already.
    }
    // A keeper ends with its parent only, unless it is killed.
    if (!hitsUs && signal !== "SIGKILL") command.kill("SIGTERM");
    if (command.exitCode === null && command.signalCode === null) await once(command, "exit");
    const deadline = performance.now() + 20_000;
    while (left(port).length > 0 && performance.now() < deadline) await delay(50);
    expect(left(port)).toEqual([]);
  });

  it.skipIf(!HAS_SETPRIV).each([5, 100, 250])(
    "and when nobody is left to see to it, but for an empty folder, %i ms after its start",
    async (after) => {
      const port = await freePort();
      const command = await begin(port, join(folder, `both ${after}.jsonl`));
      await delay(after);
      const keeper = keeperOf(command.pid!);
      for (const pid of [keeper, command.pid!]) process.kill(pid, "SIGKILL");
      const deadline = performance.now() + 20_000;
      const rest = () => left(port).filter((what) => !/firsttoken-proxy-[\w-]+(\/config\.yaml)?$/.test(what));
      while (rest().length > 0 && performance.now() < deadline) await delay(50);
      expect(rest()).toEqual([]);
    },
  );
});

import { fork } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { litellmConfig } from "../../src/proxies/litellm.js";
import { type ProxyStart, startProxy } from "../../src/proxies/start-proxy.js";
import { freePort } from "../support/free-port.js";
import { isGone, processesWith, until } from "../support/processes.js";

const KEY = "sk-very-secret-key-0123456789";
const FAKE = fileURLToPath(new URL("../support/fake-proxy.mjs", import.meta.url));
// Temporary folders go where this test alone can see them.
const folder = mkdtempSync(join(tmpdir(), "start-proxy-"));
process.env.TMPDIR = folder;

let starts = 0;
const start = async (flags: readonly string[], more: Partial<ProxyStart> = {}): Promise<ProxyStart> => ({
  command: [process.execPath, FAKE, ...flags],
  folder,
  host: "127.0.0.1",
  port: await freePort(),
  config: litellmConfig({
    model: "m",
    providerUrl: "http://127.0.0.1:9/v1",
    providerKey: "fake",
    apiKey: KEY,
  }),
  secrets: [KEY],
  logPath: join(folder, `${++starts}.log`),
  startTimeoutSeconds: 30,
  signal: new AbortController().signal,
  ...more,
});
const temporaries = () => readdirSync(folder).filter((name) => name.startsWith("firsttoken-proxy-"));
const pidsOf = async (origin: string) => (await (await fetch(`${origin}/pids`)).json()) as number[];
const refused = async (asked: ProxyStart): Promise<Error> => {
  const error = await startProxy(asked).then(
    () => null,
    (reason: Error) => reason,
  );
  expect(temporaries()).toEqual([]);
  expect(error?.message).not.toContain(KEY);
  return error!;
};

describe("a proxy", () => {
  it("has its configuration to itself, and leaves nothing behind but its log without the key", async () => {
    const asked = await start(["--child"]);
    const proxy = await startProxy(asked);
    const config = join(folder, temporaries()[0]!, "config.yaml");
    expect(readFileSync(config, "utf8")).toBe(asked.config);
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, temporaries()[0]!)).mode & 0o777).toBe(0o700);
    if (process.platform === "linux") {
      // The keys stand in a file without a name, and on no command line.
      expect(lstatSync(config).isSymbolicLink()).toBe(true);
      expect(readlinkSync(config)).toMatch(/^\/proc\/\d+\/fd\/\d+$/);
      expect(processesWith(KEY)).toEqual([]);
    }
    const pids = await pidsOf(proxy.origin);
    expect(pids.map(isGone)).toEqual([false, false]);
    await proxy.stop();
    expect(pids.map(isGone)).toEqual([true, true]);
    expect(temporaries()).toEqual([]);
    expect(readFileSync(asked.logPath, "utf8")).toBe("listening, and told the key [redacted]\n");
    expect(proxy.died.aborted).toBe(false);
  });

  it("is killed when it does not end on TERM", async () => {
    const proxy = await startProxy(await start(["--deaf"], { stopTimeoutSeconds: 0.5 }));
    const [pid] = await pidsOf(proxy.origin);
    await proxy.stop();
    expect(isGone(pid!)).toBe(true);
  });

  it("tells when it ends by itself, and why", async () => {
    const proxy = await startProxy(await start([]));
    await fetch(`${proxy.origin}/quit`);
    if (!proxy.died.aborted) await once(proxy.died, "abort");
    expect(proxy.died.reason.message).toMatch(
      /ended: it exited with code 7\. The last lines of its log:\nlistening/,
    );
    expect(proxy.died.reason.message).not.toContain(KEY);
    await proxy.stop();
  });

  it("ends with its parent, also when that is killed", async () => {
    const asked = await start(["--child"]);
    const { signal, ...plain } = asked;
    const parent = fork(fileURLToPath(new URL("../support/start-and-wait.mjs", import.meta.url)), [
      JSON.stringify(plain),
    ]);
    await once(parent, "message");
    const pids = await pidsOf(`http://127.0.0.1:${asked.port}`);
    parent.kill("SIGKILL");
    await until(() => pids.every(isGone) && temporaries().length === 0);
    await until(() => existsSync(asked.logPath));
    expect(readFileSync(asked.logPath, "utf8")).not.toContain(KEY);
  });
});

describe("a proxy whose keeper is killed", () => {
  it("is ended by its parent, with its whole group and its configuration, and the run is told", async () => {
    const asked = await start(["--child"]);
    const proxy = await startProxy(asked);
    const pids = await pidsOf(proxy.origin);
    const [keeper] = processesWith("proxies/keeper.js").filter(({ parent }) => parent === process.pid);
    process.kill(keeper!.pid, "SIGKILL");
    await until(() => pids.every(isGone) && temporaries().length === 0);
    expect(proxy.died.reason.message).toContain("its keeper process was ended");
    await proxy.stop();
  });
});

describe("a proxy that can't be started", () => {
  it("shows the last lines of its log, without the key", async () => {
    const { message } = await refused(await start(["--die"]));
    expect(message).toMatch(
      /it exited with code 3\. The last lines of its log:\nstarting\ncannot start with/,
    );
    expect(message).toContain('master_key: "[redacted]"');
  });

  it("is said to be missing where there is no such program", async () => {
    const { message } = await refused(await start([], { command: ["no-such-program"] }));
    expect(message).toContain('the program "no-such-program" was not found');
  });

  it("is not begun on a port where somebody else would be measured in its place", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const { message } = await refused(await start([], { port }));
    other.close();
    expect(message).toMatch(/proxyPort must be free, but something listens on 127\.0\.0\.1:\d+ already/);
  });

  it("is told of where there is no place for its configuration", async () => {
    process.env.TMPDIR = join(folder, "nowhere");
    const error = await startProxy(await start([])).then(
      () => null,
      (reason: Error) => reason,
    );
    process.env.TMPDIR = folder;
    expect(error?.message).toMatch(
      /ended: it could not be started \(ENOENT: no such file or directory, mkdir '.*nowhere/,
    );
  });

  it("is not begun in a folder that is none", async () => {
    const { message } = await refused(await start([], { folder: join(folder, "nowhere") }));
    expect(message).toContain("litellmDir must be a folder");
  });

  it("is stopped when the run is, with the signal's reason", async () => {
    const controller = new AbortController();
    const asked = await start(["--mute"], { signal: controller.signal });
    const starting = refused(asked);
    await delay(500);
    controller.abort(new Error("enough"));
    expect((await starting).message).toBe("enough");
  });
});

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { firsttoken, jsonLines } from "../support/cli.js";
import { firsttokenHere } from "../support/cli-here.js";
import { FAKE_PROXY } from "../support/fake-proxy.js";
import { freePort } from "../support/free-port.js";

const KEY = "sk-very-secret-key-0123456789";
// Temporary folders of the commands go where this test alone sees them.
const folder = mkdtempSync(join(tmpdir(), "proxy-command-"));
const { TMPDIR } = process.env;
process.env.TMPDIR = folder;
afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
});

let runs = 0;
/** Runs the command with small counts against the proxy for tests, started with these flags of its own. */
const proxy = async (
  own: string,
  args: readonly string[] = [],
  options: { signalAfter?: RegExp; log?: string } = {},
) => {
  const log = options.log ?? join(folder, `run ${++runs}`, "log.jsonl");
  const port = String(await freePort());
  const start = ["--proxy-command", `"${process.execPath}" '${FAKE_PROXY}' ${own}`, "--proxy-port", port];
  const counts = [
    "--requests",
    "24",
    "--concurrency",
    "4",
    "--stream-requests",
    "12",
    "--stream_concurrency",
    "2",
  ];
  const command = [
    ...["proxy", ...start, "--provider-port", "0", "--api-key", KEY, "--litellm-dir", folder],
    ...[...counts, "--warmup", "2", "--stream-warmup", "2", "--out", log, ...args],
  ];
  const { signalAfter } = options;
  const result = await (signalAfter === undefined
    ? firsttokenHere(command, { cwd: folder })
    : firsttoken(command, { cwd: folder, signalAfter }));
  expect(result.stdout + result.stderr).not.toContain(KEY);
  expect(readdirSync(folder).filter((name) => name.startsWith("firsttoken-proxy-"))).toEqual([]);
  return { ...result, log, port };
};
const listens = (port: string) =>
  fetch(`http://127.0.0.1:${port}/health`).then(
    () => true,
    () => false,
  );

describe("firsttoken proxy", () => {
  it("prints the script's lines, the table and a verdict, and leaves no proxy and no key behind", async () => {
    const json = join(folder, "out", "result.json");
    const { code, stdout, stderr, log, port } = await proxy("--sleep-ms 20", ["--output-json", json]);
    expect(stderr).toContain(`Log: ${log}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^\n=== Benchmark summary ===\nLabel: current\nRevision: unknown\nDirect provider/,
    );
    expect(stdout).toContain("x-litellm-overhead-duration-ms p50: 20.00 ms\n");
    expect(stdout).toMatch(/\nMarkdown row:\n\| current \| unknown( \| \d+\.\d\d){8} \|\n/);
    expect(stdout).toMatch(/\n\ncurrent, chat × 4: adds [\d.,]+ ms \[.*\] to a\s+request/);
    expect(await listens(port)).toBe(false);

    const rows = jsonLines(readFileSync(log, "utf8"));
    expect(rows).toHaveLength(2 * (24 + 12));
    const page = JSON.parse(readFileSync(json, "utf8"));
    expect(page).toMatchObject({
      label: "current",
      revision: "unknown",
      proxy_log_path: log.replace(".jsonl", ".proxy.log"),
      proxy_non_streaming: { requests: 24, failures: 0, overhead_header_p50_ms: 20 },
      firsttoken: { log },
    });
    for (const path of [log, `${log}.meta.json`, page.proxy_log_path, json]) {
      expect(readFileSync(path, "utf8")).not.toContain(KEY);
    }
  });

  it("stops at Ctrl-C with a valid log and no proxy behind, and goes on where it stopped", async () => {
    const own = "--sleep-ms 20 --child";
    const interrupted = await proxy(own, ["--blocks", "12"], { signalAfter: /Pairs of blocks: [2-9]/ });
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain("continue with --resume");
    expect(await listens(interrupted.port)).toBe(false);
    const { log } = interrupted;
    const before = jsonLines(readFileSync(log, "utf8"));
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(2 * (24 + 12));

    const refused = await proxy(own, ["--blocks", "12"], { log });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("exists already");
    // It is refused before a proxy is started in vain.
    expect(refused.stderr).not.toContain("Starting the proxy");

    const resumed = await proxy(own, ["--blocks", "12", "--resume"], { log });
    expect(resumed.code).toBe(0);
    const after = jsonLines(readFileSync(log, "utf8"));
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after).toHaveLength(2 * (24 + 12));
  });

  it("names the revision of the checkout it was given, and of no other repository it stands in", async () => {
    const repository = mkdtempSync(join(folder, "checkout-"));
    const git = (...args: string[]) => execFileSync("git", args, { cwd: repository, stdio: "ignore" });
    git("init");
    git("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "--allow-empty", "-m", "m");
    const few = [
      "--requests",
      "1",
      "--stream-requests",
      "1",
      "--warmup",
      "0",
      "--stream-warmup",
      "0",
      "--json",
    ];
    const [named, unnamed] = await Promise.all(
      [["--litellm-dir", repository], []].map(async (checkout) => {
        const own = `"${process.execPath}" '${FAKE_PROXY}'`;
        const start = [
          "--proxy-command",
          own,
          "--proxy-port",
          String(await freePort()),
          "--provider-port",
          "0",
        ];
        const out = join(folder, `revision ${checkout.length}.jsonl`);
        const args = [
          "proxy",
          ...start,
          ...few,
          "--concurrency",
          "1",
          "--stream-concurrency",
          "1",
          "--out",
          out,
        ];
        const { stdout } = await firsttokenHere([...args, ...checkout], { cwd: repository });
        return JSON.parse(stdout).revision;
      }),
    );
    expect(named).toMatch(/^[0-9a-f]{7,}$/);
    expect(unnamed).toBe("unknown");
  });

  it("shows why a proxy that dies at start did", async () => {
    const { code, stderr, log } = await proxy("--die");
    expect(code).toBe(1);
    expect(stderr).toMatch(/ended: it exited with code 3\. The last lines of its log:\nstarting/);
    expect(stderr).toContain('master_key: "[redacted]"');
    expect(existsSync(log)).toBe(false);
  });

  it("gives up on a proxy that never answers", async () => {
    const { code, stderr } = await proxy("--mute", ["--proxy-start-timeout", "2"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/was not ready at http:\/\/127\.0\.0\.1:\d+\/health\/readiness within 2 s/);
  });

  it("measures a pair that runs already, by two URLs", async () => {
    const started = await import("../support/fake-proxy.js");
    const mock = await import("../../src/api/mock.js");
    const provider = await mock.serve();
    const running = await started.fakeProxy(provider.url);
    const log = join(folder, "pair.jsonl");
    const { code, stdout } = await firsttokenHere([
      ...["proxy", "--provider-url", provider.url.replace("/v1", "/"), "--proxy-url", running.origin],
      ...[
        "--api_key",
        started.PROXY_KEY,
        "--requests",
        "8",
        "--concurrency",
        "1,2",
        "--stream-requests",
        "6",
      ],
      ...["--warmup", "1", "--no-measure-full-stream", "--out", log, "--json"],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ proxy_log_path: null, proxy_streaming_full: null });
    expect(new Set(jsonLines(readFileSync(log, "utf8")).map((row) => row.concurrency))).toEqual(
      new Set([1, 2, 20]),
    );
    expect(await listens(String(new URL(running.origin).port))).toBe(true);
    await Promise.all([running.stop(), provider.close()]);
  });
});

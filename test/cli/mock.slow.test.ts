import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { BIN, firsttoken } from "../support/cli.js";

describe("firsttoken mock as a process", () => {
  it("prints where it listens, answers as its flags say, and ends on Ctrl-C with its own load", async () => {
    const flags = ["--first-token-delay-ms", "2.5", "--chunks", "3", "--fault_status", "418=0.5", "--stamps"];
    const child = spawn(process.execPath, [
      BIN,
      "mock",
      "--port",
      "0",
      ...flags,
      "--fault-status",
      "503=0.5",
    ]);
    let stderr = "";
    child.stderr.on("data", (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    const { value: url } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    const statuses = new Set<number>();
    for (let i = 0; i < 20; i++) {
      statuses.add((await fetch(`${url}/chat/completions`, { method: "POST", body: "{}" })).status);
    }
    expect(statuses).toEqual(new Set([418, 503]));
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([0, null]);
    expect(stderr).toContain("the first token after 2.5 ms; streams of 3 chunks, all in one; send stamps");
    expect(stderr).toContain("faults 418 50 %, 503 50 % (seed 1)");
    expect(stderr).toMatch(
      /Answered 20 requests in [\d.]+ s with [\d.]+ % of a core; event-loop delay p99 [\d.]+ ms\./,
    );
    await expect(fetch(`${url}/models`)).rejects.toThrow();
  });

  it.each([
    "SIGINT",
    "SIGTERM",
  ] as const)("tells its load where %s reaches its whole group", async (signal) => {
    const child = spawn(process.execPath, [BIN, "mock", "--port", "0"], { detached: true });
    let stderr = "";
    child.stderr.on("data", (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    await createInterface(child.stdout)[Symbol.asyncIterator]().next();
    process.kill(-child.pid!, signal);
    expect(await once(child, "close")).toEqual([0, null]);
    expect(stderr).toContain("Answered 0 requests");
  });

  it("ends well on a Ctrl-C that comes with its address", async () => {
    for (let time = 0; time < 3; time++)
      expect((await firsttoken(["mock", "--port", "0"], { signalAfter: /^http/ })).code).toBe(0);
  });
});

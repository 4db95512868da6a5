import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, totalmem } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { runEnvironment } from "../../../src/logs/files/run-environment.js";

const { argv } = process;
afterEach(() => {
  process.argv = argv;
});

/** What is written of a command, given as Node has it. */
const told = (...words: string[]): string => {
  process.argv = ["/opt/node/bin/node", ...words];
  return runEnvironment().command_line;
};

describe("where a run was", () => {
  it("is this machine, as the system describes it", () => {
    const { machine, os, node_version } = runEnvironment();
    expect(machine.cpu ?? "").toBe(cpus()[0]?.model.trim() ?? "");
    expect(machine.cores).toBeGreaterThanOrEqual(1);
    expect(machine.cores).toBeLessThanOrEqual(Math.max(1, cpus().length));
    expect(machine.memory_bytes).toBeGreaterThan(0);
    expect(machine.memory_bytes).toBeLessThanOrEqual(totalmem());
    if (process.platform === "linux") expect(os).toMatch(/^Linux \d\S* \w+$/);
    if (arch() === "x64" && process.platform === "linux") expect(os).toContain("x86_64");
    expect(node_version).toBe(process.version);
  });

  it("has the package's version, and the commit that the build wrote down", () => {
    const { package_version, revision } = runEnvironment();
    expect(package_version).toBe(JSON.parse(readFileSync("package.json", "utf8")).version);
    const head = spawnSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" });
    // A copy without its history has no commit.
    if (head.status !== 0) expect(revision).toBeNull();
    else expect(revision ?? "").toMatch(/^([0-9a-f]{40}(-dirty)?)?$/);
  });

  it("has the command as it was typed, without the folders of its program", () => {
    expect(told("/home/me/.npm/bin/firsttoken", "ttft", "8000", "-C")).toBe("firsttoken ttft 8000 -C");
    expect(told("/srv/firsttoken/dist/cli/bin.js", "demo")).toBe("firsttoken demo");
    expect(told("/home/me/sweep.mjs", "--model", "my model")).toBe("node sweep.mjs --model 'my model'");
    process.argv = ["/opt/node/bin/node"];
    expect(runEnvironment().command_line).toBe("node");
  });

  it("has no key in its command, whatever its shape", () => {
    for (const words of [
      ["--api_key", "plainword"],
      ["--api_key=plainword"],
      ["--provider-key", "plainword"],
    ])
      expect(told("/x/cli/bin.js", "ttft", ...words)).not.toContain("plainword");
  });
});

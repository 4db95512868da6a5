import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, firsttoken, jsonLines } from "../support/cli.js";
import { firsttokenHere } from "../support/cli-here.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";

let serving: EngineHere;
beforeAll(async () => {
  serving = await engineHere();
});
afterAll(() => serving.close());

const newFolder = () => mkdtempSync(join(tmpdir(), "sweep-"));
const sweep = (folder: string, sizes: string, ...args: string[]) =>
  firsttokenHere([
    "sweep",
    "--api_base",
    serving.url,
    "--context_sizes",
    sizes,
    "--out_dir",
    folder,
    ...args,
  ]);
const log = (folder: string, name = "all_ttft_results") =>
  jsonLines(readFileSync(join(folder, `${name}.jsonl`), "utf8"));

describe("firsttoken sweep as a process", () => {
  it("stops at Ctrl-C with a valid log, and goes on where it stopped", async () => {
    const folder = newFolder();
    const interrupted = await firsttoken(
      ["sweep", "--api_base", serving.url, "--context_sizes", "600,900", "--out_dir", folder],
      { signalAfter: /Trials: [2-9] of 10/ },
    );
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain("continue with --resume");
    const before = log(folder);
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(20);

    const refused = await sweep(folder, "600,900");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("exists already");

    const resumed = await sweep(folder, "600,900", "--resume");
    expect(resumed.code).toBe(0);
    const after = log(folder);
    expect(after.slice(0, before.length)).toEqual(before);
    const cells = after.map((row) => `${row.context_target} ${row.trial} ${row.cache_state}`);
    expect(new Set(cells).size).toBe(20);
    expect(cells).toHaveLength(20);
  });

  it("stops when the reader of its output goes away, with a valid log", async () => {
    const folder = newFolder();
    const flags = `--api_base ${serving.url} --context_sizes 600,900 --out_dir ${folder}`;
    const piped = `"${process.execPath}" "${BIN}" sweep ${flags} 2>&1 | head -n 2; echo "\${PIPESTATUS[0]}"`;
    const { stdout } = await promisify(execFile)("bash", ["-c", piped]);
    expect(stdout).toMatch(/^Trials: 0 of 10\n.*\n130\n$/);
    expect(log(folder).length).toBeLessThan(20);
  });
});

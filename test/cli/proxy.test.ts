import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";

const folder = mkdtempSync(join(tmpdir(), "proxy-command-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("firsttoken proxy", () => {
  it.each([
    [["--proxy-command", "uv 'run"], "must close what"],
    [["--rate", "5", "--concurrency", "8"], "cannot be used with option"],
    [["--arrivals", "constant"], "arrivals needs --rate"],
    [["--litellm-dir", "/nowhere"], "--litellm-dir must be an existing folder"],
    [["--concurency", "8"], "--concurrency"],
    [["--concurrency", "8,2000"], "from 1 to 1024"],
  ])("refuses %j", async (args, message) => {
    const out = join(folder, "refused.jsonl");
    const { code, stderr } = await firsttokenHere(["proxy", "--provider-port", "0", "--out", out, ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });
});

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve } from "../../src/api/mock.js";
import { BIN } from "../support/cli.js";
import { FAKE_PROXY } from "../support/fake-proxy.js";
import { freePort } from "../support/free-port.js";
import { processesWith } from "../support/processes.js";

const KEY = "sk-sight-4Hq8Zt61Lm02Vx";
const folder = mkdtempSync(join(tmpdir(), "keys-in-sight-"));
let provider: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  provider = await serve({ firstTokenDelaySeconds: 0.05 });
});
afterAll(async () => {
  await provider.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (): readonly string[] => ["--api_base", provider.url];
const out = ["--out", "log.jsonl"];
const COMMANDS: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  ttft: async () => ["ttft", ...at(), ...out, "--gap_seconds", "0", "--max_ctx_tokens", "64"],
  sweep: async () => ["sweep", ...at(), "--out_dir", ".", "--context_sizes", "64", "--runs", "2"],
  prompts: async () => ["prompts", ...at(), ...out, "--context_size", "64", "--runs", "1"],
  blend: async () => [
    ...["blend", ...at(), ...out, "--input_lengths", "128", "--trials", "1", "--methods", "full,prefix"],
  ],
  quality: async () => [
    ...["quality", ...at(), ...out, "--dataset", "multihop", "--samples", "2", "--methods", "full"],
  ],
  doctor: async () => ["doctor", ...at()],
  proxy: async () => [
    ...["proxy", "--proxy-command", `"${process.execPath}" '${FAKE_PROXY}' --child`, "--litellm-dir", "."],
    ...["--proxy-port", `${await freePort()}`, "--provider-port", "0", ...out, "--output-json", "out.json"],
    ...["--requests", "12", "--stream-requests", "12", "--concurrency", "2", "--stream-concurrency", "2"],
  ],
};

/** The ways for a key that no other user of the machine can see, as environment, arguments and standard input. */
const WAYS = {
  environment: { environment: { FIRSTTOKEN_API_KEY: KEY, FIRSTTOKEN_PROVIDER_KEY: `${KEY}-2` }, value: null },
  "standard input": { environment: {}, value: "-" },
} as const;

describe.each(Object.keys(COMMANDS))("%s", (name) => {
  it.each(Object.entries(WAYS))("with a key from %s shows it to nobody", async (way, {
    environment,
    value,
  }) => {
    const own = join(folder, `${name} ${way}`);
    mkdirSync(own);
    const words = await COMMANDS[name]!();
    const flag = name === "proxy" ? "--api-key" : "--api_key";
    const child = spawn(process.execPath, [BIN, ...words, ...(value === null ? [] : [flag, value])], {
      cwd: own,
      env: { ...process.env, ...environment, TMPDIR: own },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text: Buffer) => (said += text.toString()));
    child.stdin.end(value === null ? "" : `${KEY}\n`);
    const seen = new Set<string>();
    while (child.exitCode === null && child.signalCode === null) {
      for (const { commandLine } of processesWith(KEY)) seen.add(commandLine);
      for (const text of textsIn(own)) if (text.includes(KEY)) seen.add("a file");
      await delay(20);
    }
    expect({ code: child.exitCode, said }).toMatchObject({ code: name === "doctor" ? expect.anything() : 0 });
    expect([...seen]).toEqual([]);
    expect(said).not.toContain(KEY);
    expect(textsIn(own).filter((text) => text.includes(KEY))).toEqual([]);
    expect(readdirSync(own).filter((file) => file.startsWith("firsttoken-"))).toEqual([]);
  });
});

/** What can be read of the files below a folder that have their bytes there: a link is no copy. */
function textsIn(place: string): readonly string[] {
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      try {
        const path = join(entry.parentPath, entry.name);
        return statSync(path).size > 2 ** 24 ? "" : readFileSync(path, "latin1");
      } catch {
        return "";
      }
    });
}

import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";

const IN_TURN = fileURLToPath(new URL("../support/commands-in-turn.mjs", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "no-file-"));
const pipe = join(folder, "pipe");
const socket = join(folder, "socket");
const listening = createServer();
beforeAll(async () => {
  spawnSync("mkfifo", [pipe]);
  await new Promise<void>((done) => listening.listen(socket, done));
});
afterAll(() => {
  listening.close();
  rmSync(folder, { recursive: true });
});

/** What a command ends with and says. */
const run = async (...argv: string[]) => {
  const { code, stdout, stderr } = await firsttokenHere(argv);
  return { code, said: stdout + stderr };
};

const INPUTS: Readonly<Record<string, (path: string) => string[]>> = {
  "a log": (path) => ["report", path, "--out", join(folder, "page.html")],
  "a log with a label": (path) => ["report", `a=${path}`, "--out", join(folder, "page.html")],
  "a document": (path) => ["ttft", "9", "--context_file", path, "--out", join(folder, "l.jsonl")],
  "a dataset": (path) => ["quality", "--dataset", path, "--out", join(folder, "q.jsonl")],
  prompts: (path) => ["prompts", "--prompts_file", path, "--out", join(folder, "p.jsonl")],
  "a tokenizer": (path) => ["doctor", "--tokenizer", path],
};

describe.each(Object.entries(INPUTS))("what is no file is refused at once as %s", (_, argv) => {
  it.each([
    ["a pipe", () => pipe],
    ["a socket", () => socket],
    ["a device", () => "/dev/zero"],
  ])("%s", async (kind, path) => {
    const { code, said } = await run(...argv(path()));
    expect([1, 2]).toContain(code);
    expect(said).toContain(`it is ${kind}, not a file`);
  });
});

it("no command waits for a standard input on which nothing comes", () => {
  const commands = Object.values(INPUTS).map((argv) => argv("/dev/stdin"));
  const silence = openSync(pipe, "r+");
  const { stdout } = spawnSync(process.execPath, [IN_TURN, JSON.stringify(commands)], {
    stdio: [silence, "pipe", "inherit"],
    encoding: "utf8",
    timeout: 50_000,
  });
  closeSync(silence);
  const ended = JSON.parse(stdout) as readonly { readonly code: number; readonly said: string }[];
  expect(ended).toHaveLength(commands.length);
  for (const { code, said } of ended) {
    expect([1, 2]).toContain(code);
    expect(said).toContain("it is a pipe, not a file");
  }
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";
import { fileInputs } from "./file-inputs.js";

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

describe.each(Object.entries(fileInputs(folder)))("what is no file is refused at once as %s", (_, argv) => {
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
